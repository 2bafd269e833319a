"""gunicorn's worker of threads, for clients that are slow, gone or speak no HTTP, and for its own end at any moment."""

import logging
import re
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from gunicorn.http import errors, wsgi
from gunicorn.workers.gthread import ThreadWorker

from ledger_core.errors import LedgerError
from ledger_project.webserver import reading

T = TypeVar("T")

READ_SECONDS = 5  # in which a request has to arrive, whole
PROBES = ("/livez", "/readyz", "/metrics")  # ledger_project/probes.py answers them

_PROBE = re.compile(rb"(?:GET|HEAD) (%b)[ ?]" % "|".join(PROBES).encode())

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


class Threads(ThreadPoolExecutor):
    """The threads of a worker: those for all requests, and beside them one for each probe.

    A probe is answered however busy the other threads are, and one that waits, as /readyz for the database, keeps no
    other probe waiting.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._of_probes = {path.encode(): ThreadPoolExecutor(1) for path in PROBES}

    def submit(self, handle: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        (conn,) = args
        probe = _PROBE.match(conn.arrived.beginning)
        # A client that has yet to send its body could keep the thread from other probes.
        if probe and conn.arrived.is_whole:
            return self._of_probes[probe[1]].submit(handle, conn)
        return super().submit(handle, conn)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for pool in self._of_probes.values():
            pool.shutdown(wait, cancel_futures=cancel_futures)
        super().shutdown(wait, cancel_futures=cancel_futures)


class Worker(ThreadWorker):
    """Gives a request a thread once it has arrived, so that clients who dawdle cost memory and nothing else.

    gunicorn's own gives the thread first, and a handful of such clients stops the service. It is written against
    gunicorn 27, and test_slow_clients.py tells whether it fits another.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadlines: dict[Any, float] = {}  # of requests that a thread still reads

    def get_thread_pool(self) -> Threads:
        return Threads(self.cfg.threads)

    def set_accept_enabled(self, enabled: bool | None) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive:  # or who comes while it finishes what it has would wait for that, and be turned away then
            for listener in self.sockets:
                listener.close()

    def enqueue_req(self, conn: Any) -> None:
        conn.kept = False  # until a thread has answered it
        if reading.has_arrived(conn):
            super().enqueue_req(conn)
        else:
            self._watch(conn, self.on_pending_socket_readable)

    def _watch(self, conn: Any, on_readable: Callable[[Any, socket.socket], None]) -> None:
        """Call `on_readable` whenever the client has sent something; close the connection after READ_SECONDS."""
        conn.timeout = time.monotonic() + READ_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(on_readable, conn))

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        if reading.has_arrived(conn):
            super().on_pending_socket_readable(conn, client)

    def handle(self, conn: Any) -> Any:
        if reading.is_gone(conn.sock):
            return False
        if not conn.arrived.is_whole:
            self._deadlines[conn] = time.monotonic() + READ_SECONDS
        try:
            conn.kept = super().handle(conn)
        finally:
            self._deadlines.pop(conn, None)
        return conn.kept

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Call the application, which gets every request with all of its body."""
        req._expected_100_continue = False  # the body was asked for while it arrived
        if deadline := self._deadlines.get(conn):
            reading.complete(req)
            del self._deadlines[conn]
            if deadline < time.monotonic():  # murder_pending may have ended the connection's reading side
                req.force_close()
        kept = super().handle_request(req, conn)
        if kept:
            if reading.is_read(req):
                conn.parser.mesg = None  # or gunicorn tries to read more of it, twice
            else:
                # What the application did not want to read is in memory. gunicorn would read 64 KiB of it, and then cut
                # a connection that was answered as one to keep.
                req.body.read(reading.MAX_BODY)
        return kept

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Take a connection back from its thread.

        Where it ends, read for a while what the client still sends: to close it at once would destroy the answer on its
        way. gunicorn's own reads here too, but waits for it, two seconds for each client that does not close.
        """
        if conn.kept:  # the future says the same, behind a lock, and says that it failed or was cancelled
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self._watch(conn, self._discard)
        except OSError:  # it is gone
            self._close(conn)

    def _discard(self, conn: Any, client: socket.socket) -> None:
        try:
            if client.recv(reading.MAX_PIECE):
                return
        except BlockingIOError:
            return
        except OSError:
            pass  # it is broken
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Called once a second: read no more of a request that a thread has read for too long."""
        super().murder_pending()
        now = time.monotonic()
        for conn, deadline in list(self._deadlines.items()):
            if deadline < now:
                try:
                    conn.sock.shutdown(socket.SHUT_RD)
                except OSError:
                    continue  # it is gone

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer with a problem document, as all else; log no line of the request, which may hold a key."""
        from ledger_core.api.problems.documents import problem_response
        from ledger_core.api.problems.http_errors import InternalError
        from ledger_core.observability import request_log  # not before Django is set up

        with request_log.identified():
            response = problem_response(_problem_of(exc).by_docstring())
            response[request_log.HEADER] = request_log.request_id()
            response["Connection"] = "close"
            if response.status_code == InternalError.status:
                _log.error("A request failed outside of the application", exc_info=exc)
            else:
                _log.warning("A request that cannot be read: %s", type(exc).__name__)
        head = f"HTTP/1.1 {response.status_code} {response.reason_phrase}\r\n".encode()
        client.sendall(head + response.serialize())


def _problem_of(error: BaseException) -> type[LedgerError]:
    from ledger_core.api.problems import http_errors  # not before Django is set up

    match error:
        case errors.LimitRequestLine():
            return http_errors.AddressTooLong
        case errors.LimitRequestHeaders():
            return http_errors.HeadersTooLarge
        case errors.UnsupportedTransferCoding():
            return http_errors.UnsupportedTransferCoding
        case errors.InvalidHTTPVersion(version=(2 | 3, _)):  # others are no versions at all
            return http_errors.UnsupportedHTTPVersion
        case reading.BodyTooLong():
            return http_errors.BodyTooLarge
        case errors.ParseException():
            return http_errors.BadRequest
    return http_errors.InternalError
