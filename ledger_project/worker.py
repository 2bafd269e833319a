"""gunicorn's worker of threads, for clients that are slow or speak no HTTP, and for its own end at any moment."""

import logging
import os
import re
import selectors
import socket
import time
from functools import partial
from io import BytesIO
from math import inf
from typing import Any

from gunicorn.http import errors, wsgi
from gunicorn.workers.gthread import ThreadWorker

READ_SECONDS = 5  # in which a request has to arrive, whole

_MAX_HEAD = 64 * 1024
_MAX_BODY = 4 * 1024 * 1024  # what is announced as longer is refused unread
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,10})", re.IGNORECASE)
# The body comes in chunks, or once it is asked for.
_UNTOLD = re.compile(rb"\r\n(?:transfer-encoding|expect):", re.IGNORECASE)

_log = logging.getLogger("ledger.worker")


class WholeResponse(wsgi.Response):
    """Sends the headers with the first piece of the body; gunicorn's own sends them before it, and so twice.

    Between the two the worker can be killed, and then nginx, which has the headers, cannot ask another replica.
    """

    _held = b""

    def send_headers(self) -> None:
        if not self.headers_sent:
            lines = [*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers), "\r\n"]
            self._held = "".join(lines).encode("latin-1")
            self.headers_sent = True

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            data = b"%X\r\n%b\r\n" % (len(data), data)
        self._send(data)

    def sendfile(self, respiter: Any) -> Any:
        self.send_headers()
        self._send()
        return super().sendfile(respiter)

    def close(self) -> None:
        self.send_headers()
        self._send()
        super().close()

    def _send(self, data: bytes = b"") -> None:
        held, self._held = self._held, b""
        if held or data:
            self.sock.sendall(held + data)


wsgi.Response = WholeResponse  # type: ignore[misc]  # gunicorn makes them by this name


class Worker(ThreadWorker):
    """Gives a request a thread once it has arrived, so that clients who dawdle cost memory and nothing else.

    gunicorn's own gives the thread first, and a handful of such clients stops the service. It is written against
    gunicorn 27, and test_slow_clients.py tells whether it fits another.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadlines: dict[Any, float] = {}

    def set_accept_enabled(self, enabled: bool | None) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive:  # or who comes while it finishes what it has would wait for that, and be turned away then
            for listener in self.sockets:
                listener.close()

    def enqueue_req(self, conn: Any) -> None:
        if _has_arrived(conn):
            super().enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + READ_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        if _has_arrived(conn):
            super().on_pending_socket_readable(conn, client)

    def handle(self, conn: Any) -> Any:
        self._deadlines[conn] = time.monotonic() + READ_SECONDS
        try:
            return super().handle(conn)
        finally:
            del self._deadlines[conn]

    def murder_pending(self) -> None:
        """Called once a second: read no more of a request that a thread has waited for too long.

        One that has arrived, and is worked on for longer, is answered; then its connection ends.
        """
        super().murder_pending()
        now = time.monotonic()
        for conn, deadline in list(self._deadlines.items()):
            if deadline < now:
                try:
                    conn.sock.shutdown(socket.SHUT_RD)
                except OSError:
                    continue  # it is gone

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what cannot be read with a problem document, as all else, and log no line of it: it may hold a key."""
        if not isinstance(exc, errors.ParseException):
            super().handle_error(req, client, addr, exc)
            return
        from ledger_core import middleware  # not before Django is set up
        from ledger_core.api import problems

        kinds = {errors.LimitRequestLine: problems.AddressTooLong, errors.LimitRequestHeaders: problems.HeadersTooLarge}
        with middleware.identified():
            response = problems.respond(kinds.get(type(exc), problems.BadRequest).by_docstring())
            response[middleware.HEADER] = middleware.request_id()
            response["Connection"] = "close"
            _log.warning("A request that cannot be read: %s", type(exc).__name__)
        head = f"HTTP/1.1 {response.status_code} {response.reason_phrase}\r\n".encode()
        client.sendall(head + response.serialize())


def _has_arrived(conn: Any) -> bool:
    """Take what there is of a connection's next request; return whether a thread can go on with it."""
    conn.init()
    conn.data_ready = True  # nor is there anything to wait for in the thread
    conn.sock.setblocking(False)
    received: BytesIO = conn.parser.unreader.buf
    try:
        while _announced(received) > received.seek(0, os.SEEK_END):
            if not (more := conn.sock.recv(_MAX_HEAD)):
                return True  # it has ended, and the thread will see it
            received.write(more)
    except BlockingIOError:
        return False
    except OSError:
        return True  # it is broken, and the thread will see it
    return True


def _announced(received: BytesIO) -> float:
    """Return how long the request is that begins with this: infinity while its head comes, 0 if that does not tell."""
    received.seek(0)
    head, end, _ = received.read(_MAX_HEAD).partition(b"\r\n\r\n")
    if not end:
        return inf if len(head) < _MAX_HEAD else 0
    length = _LENGTH.search(head)
    if length is None or int(length[1]) > _MAX_BODY or _UNTOLD.search(head):
        return 0
    return len(head) + len(end) + int(length[1])
