"""nginx as it is configured, before a service: only its ports and the addresses of the replicas are the test's.

The configuration as it is, with Docker's DNS, is `make smoke`'s.
"""

import json
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ledger_project.tests.conftest import (
    ROOT,
    Project,
    Service,
    environment,
    free_port,
    listens,
    temporary_folder,
    wait_for,
)

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed"),
]

NAMES_OF_REPLICAS = (1, 27, 3)  # the first nginx that asks a DNS for them again


@dataclass
class Nginx:
    folder: Path
    world: int
    admin: int
    status: int

    def ask(
        self, method: str, path: str, body: str | None = None, *, port: int = 0, headers: dict[str, str] | None = None
    ) -> tuple[HTTPResponse, str]:
        with closing(HTTPConnection("127.0.0.1", port or self.world, timeout=10)) as connection:
            connection.request(method, path, body, headers or {})
            with connection.getresponse() as response:
                return response, response.read().decode()

    def log(self, *, until: HTTPResponse) -> list[dict[str, Any]]:
        """Return what is logged once that answer is, which the client may have before."""
        returned, log = until.headers["X-Request-ID"], self.folder / "access.log"
        wait_for(lambda: f'"request_id": "{returned}"' in log.read_text())
        return [json.loads(line) for line in log.read_text().splitlines()]


def write_configuration(folder: Path, upstream: str, **limits: str) -> Nginx:
    folder.chmod(0o755)  # nginx's processes have another user than root
    nginx = Nginx(folder, *(free_port() for _ in range(3)))
    for file in (ROOT / "nginx").iterdir():
        text = file.read_text().replace("/tmp/", f"{folder}/").replace("/dev/stdout", f"{folder}/access.log")  # noqa: S108
        text = text.replace("listen 80 ", f"listen {nginx.world} ").replace("8081", str(nginx.admin))
        text = text.replace("listen 8080", f"listen {nginx.status}")
        (folder / file.name).write_text(text)
    if upstream:
        (folder / "upstream.conf").write_text(f"upstream ledger {{ {upstream} }}")
    assert (done := write_limits(folder, **limits)).returncode == 0, done.stderr
    return nginx


def write_limits(folder: Path, **limits: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(folder / "limits.sh"), "true"]
    return subprocess.run(command, env=environment(**limits), capture_output=True, text=True, check=False)


@contextmanager
def running(upstream: str, **limits: str) -> Iterator[Nginx]:
    with temporary_folder() as folder:
        nginx = write_configuration(folder, upstream, **limits)
        command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
        with subprocess.Popen(command) as process:
            wait_for(lambda: listens(nginx.status))
            try:
                yield nginx
            finally:
                process.terminate()


@pytest.fixture(scope="module")
def service(project: Project) -> Iterator[Service]:
    with project.serve(LEDGER_PROXIES="1") as running_service:
        yield running_service


@pytest.fixture(scope="module")
def nginx(service: Service) -> Iterator[Nginx]:
    with running(f"server 127.0.0.1:{service.port};") as running_nginx:
        yield running_nginx


def test_nginx_finds_no_fault_in_the_configuration(folder: Path) -> None:
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    version = tuple(map(int, re.findall(r"\d+", said)[:3]))
    write_configuration(folder, "" if version >= NAMES_OF_REPLICAS else "server 127.0.0.1:8000;")
    assert_valid(folder)


def assert_valid(folder: Path) -> None:
    command = ["nginx", "-t", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_one_request_has_one_id_everywhere(nginx: Nginx, service: Service) -> None:
    for given in ("mine-1", "", "not usable"):
        response, _ = nginx.ask("GET", "/api/openapi.json", headers={"X-Request-ID": given})
        returned = response.headers["X-Request-ID"]
        assert (returned == given) == (given == "mine-1")
        assert nginx.log(until=response)[-1]["request_id"] == returned
        assert returned in service.log.read_text()


def test_a_post_that_fails_on_a_replica_is_posted_once_by_another(service: Service) -> None:
    """Half of them reach a replica that takes the request and closes the connection, as one that is killed does."""
    with socket.create_server(("127.0.0.1", 0)) as breaks:
        threading.Thread(target=_take_and_close, args=[breaks], daemon=True).start()
        broken = breaks.getsockname()[1]
        upstream = f"server 127.0.0.1:{broken} max_fails=0; server 127.0.0.1:{service.port};"
        with running(upstream) as nginx:
            answers = [_post(nginx, service, "passed-on", str(n)) for n in range(20)]
            assert {response.status for response, _ in answers} == {201}
            assert [json.loads(text)["seq"] for _, text in answers] == list(range(1, 21))
            assert "502, 201" in {line["upstream_status"] for line in nginx.log(until=answers[-1][0])}


def test_a_post_that_all_replicas_failed_is_passed_to_them_again(service: Service) -> None:
    """There is one, and nginx has nobody else to ask when it fails; the next connection finds it well."""
    with socket.create_server(("127.0.0.1", 0)) as front:
        threading.Thread(target=_break_then_forward, args=[front, service.port], daemon=True).start()
        with running(f"server 127.0.0.1:{front.getsockname()[1]} max_fails=0;") as nginx:
            response, text = _post(nginx, service, "asked-again", "1")
    assert (response.status, json.loads(text)["seq"]) == (201, 1)


def _post(nginx: Nginx, service: Service, owner_id: str, nonce: str) -> tuple[HTTPResponse, str]:
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}
    body = json.dumps({"operation": "CREDIT_ADD", "owner_id": owner_id, "nonce": nonce})
    return nginx.ask("POST", "/api/v1/content/ledger", body, headers=headers)


def test_an_owner_that_looks_like_an_address_is_reached(nginx: Nginx, service: Service) -> None:
    for owner in ("%2e", "%2E%2e", "%2f", "...", "%"):
        _post(nginx, service, owner, "1")
        headers = {"Authorization": f"Bearer {service.key}"}
        _, text = nginx.ask("GET", f"/api/v1/content/ledger/{quote(owner, safe='')}", headers=headers)
        assert json.loads(text)["owner_id"] == owner


def test_the_link_to_the_next_page_can_be_as_long_as_a_request(nginx: Nginx, service: Service) -> None:
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}
    metadata = {"one": "ü" * 500, "two": "ü" * 500}
    for nonce in ("1", "2"):
        body = {"operation": "CREDIT_ADD", "owner_id": "long", "nonce": nonce, "metadata": metadata}
        assert nginx.ask("POST", "/api/v1/content/ledger", json.dumps(body), headers=headers)[0].status == 201
    query = "&".join(f"metadata.{key}={quote(value)}" for key, value in metadata.items())
    response, text = nginx.ask("GET", f"/api/v1/content/entries?owner_id=long&limit=1&{query}", headers=headers)
    assert response.status == 200, text
    assert len(response.headers["Link"]) > 6000
    response, text = nginx.ask("GET", json.loads(text)["next"], headers=headers)
    assert [entry["nonce"] for entry in json.loads(text)["entries"]] == ["1"]


def _break_then_forward(server: socket.socket, port: int) -> None:
    with server.accept()[0] as broken:
        _message(broken)
    with server.accept()[0] as client, socket.create_connection(("127.0.0.1", port)) as replica:
        replica.sendall(_message(client))
        client.sendall(_message(replica))


def _message(connection: socket.socket) -> bytes:
    """Read a complete message of HTTP, which may arrive in pieces."""
    received, length = b"", 1
    while len(received) < length:
        received += connection.recv(65536)
        head, end, _ = received.partition(b"\r\n\r\n")
        body = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        length = len(head + end) + int(body[1] if body else 0) if end else len(received) + 1
    return received


def _take_and_close(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return  # the test is over
        with connection, suppress(ConnectionError):  # nginx may have closed it
            connection.recv(65536)


REFUSED = {
    "a line that is no HTTP": (b"nonsense\r\n\r\n", 400, "bad-request"),
    "metrics": (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "not-found"),
    "the admin": (b"GET /admin/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "not-found"),
    "a method that nobody serves": (b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "method-not-allowed"),
}


@pytest.mark.parametrize(("sent", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_nginx_refuses_is_told_as_the_service_would(nginx: Nginx, sent: bytes, status: int, code: str) -> None:
    response, problem = exchange(nginx.world, sent)
    assert (response.status, problem["status"], problem["code"]) == (status, status, code)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Request-ID"] == problem["request_id"]
    assert problem.keys() == {"type", "title", "status", "detail", "code", "request_id"}


def exchange(port: int, sent: bytes) -> tuple[HTTPResponse, dict[str, Any]]:
    """Send all of a request, then read its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        with HTTPResponse(connection) as response:
            response.begin()
            return response, json.loads(response.read())


def chunks(body: bytes, size: int = 60_000) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


GET = b"GET /api/v1/content/operations%b HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer KEY\r\n%b\r\n"
AT = b"GET /api/v1/content/%b HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer KEY\r\n\r\n"
LINE = len(b"GET /api/v1/content/operations HTTP/1.1")
POST = b"POST /api/v1/content/ledger HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer KEY\r\n%b\r\n%b"
JSON = b"Content-Type: application/json\r\n"
CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n"
ALIKE = {
    "a line that is no HTTP": (b"nonsense\r\n\r\n", 400, "bad-request"),
    "another version": (b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505, "unsupported-http-version"),
    "another coding": (POST % (b"Transfer-Encoding: x\r\n", b"x"), 501, "unsupported-transfer-coding"),
    "two codings": (POST % (b"Transfer-Encoding: gzip, chunked\r\n", b"x"), 501, "unsupported-transfer-coding"),
    "two lengths": (POST % (CHUNKED + b"Content-Length: 3\r\n", b"0\r\n\r\n"), 400, "bad-request"),
    "no chunks": (POST % (CHUNKED, b"nonsense\r\n\r\n"), 400, "bad-request"),
    "an encoded body": (
        POST % (JSON + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n", b"x"),
        415,
        "unsupported-media-type",
    ),
    "an encoded body in chunks": (
        POST % (CHUNKED + b"Content-Encoding: gzip\r\n", chunks(b"x")),
        415,
        "unsupported-media-type",
    ),
    "an empty body in chunks": (POST % (CHUNKED, chunks(b"")), 400, "invalid-request"),
    "a body for a batch": (POST % (JSON + b"Content-Length: 65537\r\n", b" " * 65_537), 413, "body-too-large"),
    "a body for a batch in chunks": (POST % (CHUNKED, chunks(b" " * 65_537)), 413, "body-too-large"),
    "too long a body, announced": (POST % (JSON + b"Content-Length: 4194305\r\n", b""), 413, "body-too-large"),
    "too long a body": (POST % (JSON + b"Content-Length: 4194305\r\n", b" " * 4_194_305), 413, "body-too-large"),
    "too long a body in chunks": (POST % (CHUNKED, chunks(b" " * 4_194_305)), 413, "body-too-large"),
    "too long a body anywhere": (GET % (b"", b"Content-Length: 4194305\r\n"), 413, "body-too-large"),
    "the longest address": (GET % (b"/" + b"a" * (8189 - LINE), b""), 404, "not-found"),
    "too long an address": (GET % (b"/" + b"a" * (8190 - LINE), b""), 414, "address-too-long"),
    "the longest header": (GET % (b"", b"X: " + b"a" * 8187 + b"\r\n"), 200, ""),
    "too long a header": (GET % (b"", b"X: " + b"a" * 8188 + b"\r\n"), 431, "headers-too-large"),
    "too long headers": (GET % (b"", 5 * (b"X: " + b"a" * 8000 + b"\r\n")), 431, "headers-too-large"),
    "a path that is not UTF-8": (AT % b"ledger/%FF", 400, "bad-request"),
    "a path with a NUL": (AT % b"ledger/a%00", 400, "bad-request"),
    "a path with a lone %": (AT % b"ledger/100%", 400, "bad-request"),
    "a path with % and no digits": (AT % b"ledger/%zz", 400, "bad-request"),
    "a path with bytes": (AT % b"ledger/\xc3\xab", 400, "bad-request"),
    "a path with an encoded %": (AT % b"ledger/%25FF", 404, "account-not-found"),
    "a path of its own": (AT % b"%FF", 400, "bad-request"),
    "too many headers": (GET % (b"", 60 * b"X: a\r\n"), 431, "headers-too-large"),
}


@pytest.mark.parametrize(("sent", "status", "code"), ALIKE.values(), ids=ALIKE.keys())
def test_an_answer_is_the_same_with_nginx_and_without(
    nginx: Nginx, service: Service, sent: bytes, status: int, code: str
) -> None:
    answers = []
    for port in (nginx.world, service.port):
        response, document = exchange(port, sent.replace(b"KEY", service.key.encode()))
        assert (response.status, document.get("code", "")) == (status, code)
        answers.append({name: document.get(name) for name in ("type", "title", "status", "detail", "code")})
    assert answers[0] == answers[1]


def test_a_body_in_chunks_is_posted_with_nginx_and_without(nginx: Nginx, service: Service) -> None:
    body = b'{"operation": "CREDIT_ADD", "owner_id": "in-chunks", "nonce": "1"}'
    sent = (POST % (CHUNKED, chunks(body, 7))).replace(b"KEY", service.key.encode())
    answers = [exchange(port, sent) for port in (nginx.world, service.port)]
    assert [response.status for response, _ in answers] == [201, 200]
    assert answers[0][1] == answers[1][1]


ADMIN = [
    "/admin",
    "//admin/login/",
    "/%61dmin/login/",
    "/static/../admin/login/",
    "/admin%2Flogin/",
    "/x/%2e%2e/admin/login/",
]
METRICS = [
    "//metrics",
    "/%6Detrics",
    "/api/..//metrics",
    "/metrics?x",
    "/metrics/",
    "/static/../metrics",
    "/./metrics#x",
]


@pytest.mark.parametrize("path", [*ADMIN, *METRICS])
def test_no_spelling_opens_what_is_not_for_the_world(nginx: Nginx, path: str) -> None:
    assert nginx.ask("GET", path)[0].status == 404


def test_no_replica_is_a_503_that_says_to_retry() -> None:
    with running(f"server 127.0.0.1:{free_port()};") as nginx:
        response, text = nginx.ask("POST", "/api/v1/content/ledger", "{}")
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert "retry with the same nonce" in json.loads(text)["detail"]


def test_the_admin_is_at_a_port_of_its_own(nginx: Nginx) -> None:
    response, page = nginx.ask("GET", "/admin/login/", port=nginx.admin)
    assert response.status == 200
    assert "csrfmiddlewaretoken" in page
    assert nginx.ask("GET", "/metrics", port=nginx.admin)[0].status == 404


def test_the_exporter_finds_its_figures(nginx: Nginx) -> None:
    assert "Active connections" in nginx.ask("GET", "/stub_status", port=nginx.status)[1]
    assert nginx.ask("GET", "/stub_status")[0].status == 404


@pytest.mark.parametrize("path", ["/api/docs", "/metrics"])
def test_every_answer_has_each_header_once_whoever_answers(nginx: Nginx, path: str) -> None:
    headers = nginx.ask("GET", path)[0].headers
    for name in ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "X-Request-ID"):
        assert len(headers.get_all(name, [])) == 1, name
    assert "Strict-Transport-Security" not in headers
    secured = nginx.ask("GET", path, headers={"X-Forwarded-Proto": "https"})[0].headers
    assert len(secured.get_all("Strict-Transport-Security", [])) == 1
    assert "nginx/" not in str(headers)


def test_an_address_that_a_proxy_tells_is_believed_and_passed_on(nginx: Nginx) -> None:
    told = {"X-Forwarded-For": "203.0.113.5, 198.51.100.7, 10.0.0.1"}
    response, _ = nginx.ask("GET", "/api/openapi.json", headers=told)
    assert nginx.log(until=response)[-1]["address"] == "198.51.100.7"


def test_no_key_comes_into_the_log(nginx: Nginx, service: Service) -> None:
    secret = service.key[16:]
    for path in (f"/api/v1/content/ledger/{service.key}", f"/nowhere?key={service.key}&again={service.key}"):
        headers = {"Authorization": f"Bearer {service.key}", "Referer": f"http://localhost{path}"}
        response, _ = nginx.ask("GET", path, headers=headers)
        logged = str(nginx.log(until=response))
        assert service.key[:15] in logged
        assert secret not in logged
