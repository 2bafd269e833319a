"""A client of the service, and a proxy between them that loses responses."""

import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ledger_project.tests.conftest import Service
from shared_ledger import Ledger

LOST = 0


@pytest.fixture
def ledger(service: Service) -> Iterator[Ledger]:
    with Ledger(service.url, key=service.key, app="content") as ledger:
        yield ledger


class _Handler(BaseHTTPRequestHandler):
    server: "Between"
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(body)
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault:
            self._answer(fault, b"<h1>Nobody is there</h1>")
            return
        status, answer = self._pass_on(body)
        if fault == LOST:
            self.close_connection = True
        else:
            self._answer(status, answer)

    def _pass_on(self, body: bytes) -> tuple[int, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.server.service.port, timeout=10)) as connection:
            connection.request("POST", self.path, body, dict(self.headers))
            with connection.getresponse() as answer:
                self.server.replayed = "Idempotency-Replayed" in answer.headers
                return answer.status, answer.read()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "1")
        if self.server.replayed:
            self.send_header("Idempotency-Replayed", "true")
        self.end_headers()
        self.wfile.write(body)


class Between(ThreadingHTTPServer):
    """A proxy that forwards posts. `faults` replace the first responses: LOST drops one, a status is sent instead."""

    def __init__(self, service: Service) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service
        self.faults: list[int] = []
        self.asked: list[bytes] = []
        self.replayed = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def between(service: Service) -> Iterator[Between]:
    with Between(service) as between:
        thread = threading.Thread(target=between.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield between
        between.shutdown()
        thread.join()
