"""Clients that are slow, silent, or gone in the middle: they harm themselves, and the others are answered."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse

import pytest

from ledger_project.tests.conftest import Project, Service
from ledger_project.webserver.worker import READ_SECONDS

pytestmark = pytest.mark.service

MANY = 60  # the service has eight threads


@pytest.fixture(scope="module")
def service(project: Project) -> Iterator[Service]:
    with project.serve() as service:
        yield service


@contextmanager
def connections(service: Service, number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=30))
            for _ in range(number)
        ]


def request(service: Service, nonce: str, *headers: str) -> bytes:
    """Return a whole post of one credit more for the owner called slow."""
    body = json.dumps({"operation": "CREDIT_ADD", "owner_id": "slow", "nonce": nonce})
    head = [
        "POST /api/v1/content/ledger HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {service.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def status(connection: socket.socket) -> int:
    """Read an answer, and return its status; 0 where the connection has ended without one."""
    answer = HTTPResponse(connection)
    try:
        answer.begin()
    except ConnectionError:
        return 0
    answer.read()
    return answer.status


def post(service: Service, nonce: str) -> int:
    body = request(service, nonce).partition(b"\r\n\r\n")[2]
    return service.status("/api/v1/content/ledger", body)


def is_answered_at_once(service: Service) -> bool:
    start = time.monotonic()
    for _ in range(20):
        assert service.status("/api/v1/content/operations") == 200
    return time.monotonic() - start < READ_SECONDS / 2


def test_many_who_dawdle_keep_nobody_waiting_and_are_shut_out(service: Service) -> None:
    whole = request(service, "dawdled")
    with connections(service, MANY) as slow:
        for number, connection in enumerate(slow):
            connection.sendall(whole[: (0, 1, 40, -1)[number % 4]])  # nothing, a byte, half a head, all but a byte
        assert is_answered_at_once(service)
        start = time.monotonic()
        assert {status(connection) for connection in slow} == {0}
        assert time.monotonic() - start < READ_SECONDS + 3
    assert post(service, "dawdled") in (200, 201)


def test_a_body_that_trickles_is_not_waited_for_as_long_as_something_comes(service: Service) -> None:
    whole = request(service, "trickled")
    with connections(service, MANY) as slow:
        start = time.monotonic()
        position = len(whole) - 40
        for connection in slow:
            connection.sendall(whole[:position])
        while time.monotonic() - start < READ_SECONDS + 2:
            for connection in slow:
                try:
                    connection.sendall(whole[position : position + 1])
                except OSError:
                    break
            position += 1
            assert is_answered_at_once(service)
            time.sleep(0.5)
        assert {status(connection) for connection in slow} == {0}
    assert service.status("/api/v1/content/ledger/slow") in (200, 404)


def test_a_request_in_pieces_that_comes_in_time_is_answered(service: Service) -> None:
    whole = request(service, "pieces")
    with connections(service, 1) as (connection,):
        for byte in whole:
            connection.sendall(bytes([byte]))
        assert status(connection) == 201


def test_requests_that_come_together_are_answered_in_turn(service: Service) -> None:
    with connections(service, 1) as (connection,):
        connection.sendall(request(service, "one") + request(service, "two", "Connection: close"))
        answers = b""
        while more := connection.recv(65_536):
            answers += more
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"201", b"201"]


@pytest.mark.parametrize("kind", ["a size", "part of a chunk", "no end", "no body", "no chunks"])
def test_bodies_of_no_known_length_cost_no_thread_either(service: Service, kind: str) -> None:
    head, _, body = request(service, "slow body").partition(b"\r\n\r\n")
    chunked = head.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n"
    sent = {
        "a size": chunked + b"\r\n5",
        "part of a chunk": chunked + b"\r\n%x\r\n%b" % (len(body), body[:-1]),
        "no end": chunked + b"\r\n%x\r\n%b\r\n0\r\n" % (len(body), body),
        "no body": head + b"\r\nExpect: 100-continue\r\n\r\n",
        "no chunks": chunked + b"Expect: 100-continue\r\n\r\n",
    }[kind]
    with connections(service, MANY) as slow:
        for connection in slow:
            connection.sendall(sent)
        assert is_answered_at_once(service)
        start = time.monotonic()
        if "Expect" in sent.decode():
            assert {connection.recv(65_536) for connection in slow} == {b"HTTP/1.1 100 Continue\r\n\r\n"}
        assert {status(connection) for connection in slow} == {0}
        assert time.monotonic() - start < READ_SECONDS + 3


def test_a_length_with_many_zeros_before_it_costs_no_thread(service: Service) -> None:
    head, _, body = request(service, "zeros").partition(b"\r\n\r\n")
    head = head.replace(b"Content-Length: ", b"Content-Length: " + b"0" * 10)
    with connections(service, MANY) as slow:
        for connection in slow:
            connection.sendall(head + b"\r\n\r\n")
        assert is_answered_at_once(service)
        slow[0].sendall(body)
        assert status(slow[0]) == 201


@pytest.mark.parametrize("trailer", [b"", b"X-Checked: no\r\n"])
def test_chunks_that_come_byte_by_byte_are_answered_and_so_is_what_follows(service: Service, trailer: bytes) -> None:
    head, _, body = request(service, f"bytes {len(trailer)}").partition(b"\r\n\r\n")
    chunked = head.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
    chunked += b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in body) + b"0\r\n" + trailer + b"\r\n"
    with connections(service, 1) as (connection,):
        for _ in range(2):
            for start in range(0, len(chunked), 7):
                connection.sendall(chunked[start : start + 7])
            assert status(connection) in (200, 201)
        connection.sendall(chunked + chunked)
        assert status(connection) == 200


@pytest.mark.parametrize(("chunks", "answer"), [(40_000, 201), (400_000, 413)])
def test_many_small_chunks_are_answered_in_time(service: Service, chunks: int, answer: int) -> None:
    head, _, body = request(service, "many chunks").partition(b"\r\n\r\n")
    chunked = head.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
    chunked += b"1\r\n \r\n" * chunks + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    with connections(service, 1) as (connection,):
        start = time.monotonic()
        connection.sendall(chunked)
        assert status(connection) == answer
        assert time.monotonic() - start < READ_SECONDS


def test_a_large_body_is_sent_once_it_is_asked_for(service: Service) -> None:
    whole = request(service, "expected", "Expect: 100-continue")
    head, _, body = whole.partition(b"\r\n\r\n")
    with connections(service, 1) as (connection,):
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert status(connection) == 201


@pytest.mark.parametrize("sent", [200, -1, None], ids=["in its head", "before its last byte", "before its answer"])
def test_a_post_that_is_dropped_is_posted_once_or_not_at_all_and_a_retry_settles_it(
    service: Service, sent: int | None
) -> None:
    nonce = f"dropped-{sent}"
    with connections(service, 20) as dropped:
        for connection in dropped:
            connection.sendall(request(service, nonce)[:sent])
    time.sleep(0.5)
    assert post(service, nonce) in ({200, 201} if sent is None else {201})
    assert post(service, nonce) == 200
    with service.open("/api/v1/content/ledger/slow/entries?limit=1000") as page:
        nonces = [entry["nonce"] for entry in json.load(page)["entries"]]
    assert nonces.count(nonce) == 1


def test_two_hundred_idle_connections_keep_nobody_waiting(service: Service) -> None:
    with connections(service, 200) as idle:
        for number, connection in enumerate(idle):
            connection.sendall(request(service, f"idle-{number % 2}"))
        assert {status(connection) for connection in idle} <= {200, 201}
        assert is_answered_at_once(service)
        time.sleep(READ_SECONDS + 2)  # they may be idle for longer than a request may take
        idle[0].sendall(request(service, "idle-0"))
        assert status(idle[0]) == 200


@pytest.mark.parametrize(
    ("line", "answer", "code"),
    [
        ("GET /{long} HTTP/1.1\r\nHost: x", 414, "address-too-long"),
        ("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {long}", 431, "headers-too-large"),
        ("GET / HTTP/1.1\r\nHost: x" + "\r\nX-Many: x" * 60, 431, "headers-too-large"),
        ("GET / HTTP/1.1\r\nHost: x\r\nAuthorization Bearer {key}", 400, "bad-request"),
        ("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\0", 400, "bad-request"),
        ("GET /?key={key} HTTP/9", 400, "bad-request"),
        ("{key}", 400, "bad-request"),
    ],
)
def test_what_is_no_http_is_told_as_a_problem_and_its_key_is_not_logged(
    service: Service, line: str, answer: int, code: str
) -> None:
    key = "ledger_00000000_" + "5ec2e7" * 10 + "5ec2"
    with connections(service, 1) as (connection,):
        connection.sendall((line.replace("{long}", "x" * 9000).replace("{key}", key) + "\r\n\r\n").encode())
        said = b""
        while more := connection.recv(65_536):
            said += more
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {answer} ".encode())
    assert b"Content-Type: application/problem+json" in head
    problem = json.loads(body)
    assert problem["code"] == code
    assert f"X-Request-ID: {problem['request_id']}".encode() in head
    assert key not in service.log.read_text()
