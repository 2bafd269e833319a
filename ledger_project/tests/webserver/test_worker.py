"""How the worker answers. No database."""

from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import wsgi

from ledger_project.webserver.worker import WholeResponse


class Socket:
    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.sent.append(data)


def sent(pieces: list[bytes], *headers: tuple[str, str], method: str = "GET") -> list[bytes]:
    """Return what is sent for an application's answer in these pieces, send by send."""
    socket: Any = Socket()
    request: Any = SimpleNamespace(method=method, version=(1, 1), should_close=lambda: False)
    response: Any = wsgi.Response(request, socket, Config())
    assert isinstance(response, WholeResponse)
    response.start_response("200 OK", list(headers))
    for piece in pieces:
        response.write(piece)
    response.close()
    return list(socket.sent)


def test_an_answer_is_sent_at_once_so_that_none_is_cut_off_after_its_headers() -> None:
    (whole,) = sent([b"credits"], ("Content-Length", "7"))
    head, _, body = whole.partition(b"\r\n\r\n")
    assert (head.splitlines()[0], body) == (b"HTTP/1.1 200 OK", b"credits")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_without_a_body_is_its_headers(method: str) -> None:
    (whole,) = sent([b""], ("Content-Length", "0"), method=method)
    assert whole.endswith(b"Content-Length: 0\r\n\r\n")


def test_an_answer_of_no_known_length_is_sent_in_chunks() -> None:
    first, *rest = sent([b"one", b"two"])
    assert first.endswith(b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
    assert rest == [b"3\r\ntwo\r\n", b"0\r\n\r\n"]
