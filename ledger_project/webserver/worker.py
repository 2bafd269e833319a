"""gunicorn's threaded worker, made safe against slow, gone and invalid clients, and against being killed."""

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

READ_SECONDS = 5  # in which a request must arrive completely
PROBES = ("/livez", "/readyz", "/metrics")  # ledger_project/probes.py answers them

_PROBE = re.compile(rb"(?:GET|HEAD) (%b)[ ?]" % "|".join(PROBES).encode())

_log = logging.getLogger("ledger.worker")


class WholeResponse(wsgi.Response):
    """Sends the headers together with the first piece of the body, where gunicorn sends them separately.

    If the worker is killed between the two, nginx has the headers already and cannot retry with another replica.
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


wsgi.Response = WholeResponse  # type: ignore[misc]  # gunicorn makes responses by this name


class Threads(ThreadPoolExecutor):
    """The threads of a worker: some for all requests, and one for each probe.

    Probes are answered even if all other threads are busy. A probe that waits, such as /readyz for the database, does
    not delay other probes.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._of_probes = {path.encode(): ThreadPoolExecutor(1) for path in PROBES}

    def submit(self, handle: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        (conn,) = args
        probe = _PROBE.match(conn.arrived.beginning)
        # Only complete requests: a client that sends its body slowly could block the thread of a probe.
        if probe and conn.arrived.is_complete:
            return self._of_probes[probe[1]].submit(handle, conn)
        return super().submit(handle, conn)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for pool in self._of_probes.values():
            pool.shutdown(wait, cancel_futures=cancel_futures)
        super().shutdown(wait, cancel_futures=cancel_futures)


class Worker(ThreadWorker):
    """Gives a request a thread only when it has arrived completely, so that slow clients cost only memory.

    gunicorn's own worker gives it a thread first, so a few slow clients can stop the service. test_slow_clients.py
    checks that this class works with the installed gunicorn.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadlines: dict[Any, float] = {}  # of requests that a thread is reading

    def get_thread_pool(self) -> Threads:
        return Threads(self.cfg.threads)

    def set_accept_enabled(self, enabled: bool | None) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive:  # otherwise new clients would wait until the worker has finished, only to be rejected
            for listener in self.sockets:
                listener.close()

    def enqueue_req(self, conn: Any) -> None:
        conn.kept = False  # until a thread has answered it
        if reading.has_arrived(conn):
            super().enqueue_req(conn)
        else:
            self._watch(conn, self.on_pending_socket_readable)

    def _watch(self, conn: Any, on_readable: Callable[[Any, socket.socket], None]) -> None:
        """Call `on_readable` whenever data arrives; close the connection after READ_SECONDS."""
        conn.timeout = time.monotonic() + READ_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(on_readable, conn))

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        if reading.has_arrived(conn):
            super().on_pending_socket_readable(conn, client)

    def handle(self, conn: Any) -> Any:
        if reading.is_gone(conn.sock):
            return False
        if not conn.arrived.is_complete:
            self._deadlines[conn] = time.monotonic() + READ_SECONDS
        try:
            conn.kept = super().handle(conn)
        finally:
            self._deadlines.pop(conn, None)
        return conn.kept

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Call the application with the complete body of the request."""
        req._expected_100_continue = False  # has_arrived has already asked for the body
        if deadline := self._deadlines.get(conn):
            reading.complete(req)
            del self._deadlines[conn]
            if deadline < time.monotonic():  # murder_pending may have closed the connection for reading
                req.force_close()
        kept = super().handle_request(req, conn)
        if kept:
            if reading.is_read(req):
                conn.parser.mesg = None  # otherwise gunicorn tries twice to read more of it
            else:
                # Discard what the application did not read; it is in memory. gunicorn would discard only 64 KiB, and
                # close a connection that the response promised to keep open.
                req.body.read(reading.MAX_BODY)
        return kept

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Take a connection back from its thread.

        If it is to be closed, first read what the client still sends, for a while: closing at once could destroy the
        response on its way. gunicorn also does that, but blocks for two seconds for each client that does not close.
        """
        if conn.kept:  # the future says the same, behind a lock
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self._watch(conn, self._discard)
        except OSError:  # the client is gone
            self._close(conn)

    def _discard(self, conn: Any, client: socket.socket) -> None:
        try:
            if client.recv(reading.MAX_PIECE):
                return
        except BlockingIOError:
            return
        except OSError:
            pass  # the connection is broken
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Stop reading requests that have missed their deadline. gunicorn calls this once a second."""
        super().murder_pending()
        now = time.monotonic()
        for conn, deadline in list(self._deadlines.items()):
            if deadline < now:
                try:
                    conn.sock.shutdown(socket.SHUT_RD)
                except OSError:
                    continue  # the client is gone

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Send a problem document. Log only the kind of the error, because the request can contain a key."""
        from ledger_core.api.problems.http_errors import InternalError
        from ledger_core.api.problems.types import problem_response
        from ledger_core.observability import request_log  # not before Django is set up

        with request_log.identified():
            response = problem_response(_problem_of(exc).by_docstring())
            response[request_log.HEADER] = request_log.request_id()
            response["Connection"] = "close"
            if response.status_code == InternalError.status:
                _log.error("A request failed outside of the application", exc_info=exc)
            else:
                _log.warning("A request could not be read: %s", type(exc).__name__)
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
        case errors.InvalidHTTPVersion(version=(2 | 3, _)):  # any other version does not exist: a bad request
            return http_errors.UnsupportedHTTPVersion
        case reading.BodyTooLong():
            return http_errors.BodyTooLarge
        case errors.ParseException():
            return http_errors.BadRequest
    return http_errors.InternalError
