"""What docs/on-a-real-server.md uses, run as far as one machine can: TLS by Caddy, units of systemd, Alertmanager.

`make smoke` runs the backups and sends an alert.
"""

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest
import yaml

from ledger_project.tests.conftest import ROOT, Project, free_port, listens, temporary_folder, wait_for
from ledger_project.tests.deployment.test_nginx import Nginx, running

HOST = "ledger.example"


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if not shutil.which(program)]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@dataclass
class Front:
    """Caddy with a certificate of its own authority, and nginx and the service behind it."""

    http: int
    https: int
    nginx: Nginx
    trusted: ssl.SSLContext

    def get(self, path: str, *, source: str = "127.0.0.1", **headers: str) -> HTTPResponse:
        """Send a request over verified TLS from one of this machine's own addresses."""
        connection = HTTPSConnection(HOST, self.https, context=self.trusted)
        plain = socket.create_connection(("127.0.0.1", self.https), timeout=30, source_address=(source, 0))
        connection.sock = self.trusted.wrap_socket(plain, server_hostname=HOST)
        return self._answer(connection, path, headers)

    def get_plainly(self, path: str) -> HTTPResponse:
        return self._answer(HTTPConnection("127.0.0.1", self.http, timeout=30), path, {"Host": HOST})

    def _answer(self, connection: HTTPConnection, path: str, headers: dict[str, str]) -> HTTPResponse:
        with closing(connection):
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            return response


@contextmanager
def caddy(nginx: Nginx, folder: Path) -> Iterator[Front]:
    """Run Caddy with the project's Caddyfile; only its ports, and the authority that signs, are the test's."""
    http, https = free_port(), free_port()
    ours = f"admin off\n local_certs\n skip_install_trust\n storage file_system {folder}\n"
    ours += f" http_port {http}\n https_port {https}\n"
    text = (ROOT / "deploy" / "caddy" / "Caddyfile").read_text()
    assert "email {$ACME_EMAIL}" in text
    (folder / "Caddyfile").write_text(text.replace("email {$ACME_EMAIL}", ours))
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    environment = {"LEDGER_HOST": HOST, "LEDGER_NGINX": f"127.0.0.1:{nginx.world}", "HOME": str(folder)}
    with (folder / "log").open("w") as log, subprocess.Popen(command, env=environment, stderr=log) as process:
        try:
            root = folder / "pki" / "authorities" / "local" / "root.crt"
            wait_for(lambda: listens(https) and any(folder.glob(f"certificates/*/{HOST}/*.crt")))
            yield Front(http, https, nginx, ssl.create_default_context(cafile=root))
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def front(project: Project) -> Iterator[Front]:
    with (
        project.serve(LEDGER_PROXIES="1", LEDGER_ADDRESS_RATE_LIMIT="3/d", ALLOWED_HOSTS=HOST) as service,
        running(f"server 127.0.0.1:{service.port};") as nginx,
        temporary_folder() as folder,
        caddy(nginx, folder) as made,
    ):
        yield made


@pytest.mark.acceptance
@needs("caddy", "nginx")
class TestTLS:
    def test_http_is_redirected_to_https(self, front: Front) -> None:
        response = front.get_plainly("/api/docs?x=1")
        assert response.status in {301, 308}
        assert re.fullmatch(rf"https://{HOST}(:{front.https})?/api/docs\?x=1", response.headers["Location"])

    def test_an_answer_over_tls_has_hsts_once(self, front: Front) -> None:
        response = front.get("/livez", source="127.0.0.9")
        assert response.status == 200
        assert [*response.headers.get_all("Strict-Transport-Security", [])] == [
            "max-age=31536000; includeSubDomains; preload"
        ]

    def test_each_client_is_counted_by_its_own_address_whatever_it_claims(self, front: Front) -> None:
        def ask(source: str, claimed: str) -> HTTPResponse:
            return front.get("/api/docs", source=source, **{"X-Forwarded-For": claimed, "X-Forwarded-Proto": "http"})

        answers = [ask("127.0.0.2", f"203.0.113.{n}") for n in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert ask("127.0.0.3", "203.0.113.1").status == 200
        assert front.nginx.log(until=answers[0])[-1]["address"] != "127.0.0.1"
        assert "Strict-Transport-Security" in answers[0].headers  # the claim to come without TLS is dropped, too


@needs("caddy")
def test_the_caddyfile_is_formatted() -> None:
    caddyfile = ROOT / "deploy" / "caddy" / "Caddyfile"
    formatted = subprocess.run(["caddy", "fmt", "-"], input=caddyfile.read_bytes(), capture_output=True, check=True)
    assert formatted.stdout == caddyfile.read_bytes()


@needs("systemd-analyze")
def test_the_units_of_the_backup_are_valid(folder: Path) -> None:
    units = [
        shutil.copy(ROOT / "deploy" / "systemd" / f"ledger-backup.{kind}", folder) for kind in ("service", "timer")
    ]
    (folder / "docker.service").write_text(
        "[Service]\nExecStart=/bin/true\n"
    )  # the backup needs it, this test does not
    assert run("systemd-analyze", "verify", *units) == ""
    (when,) = re.findall(r"^OnCalendar=(.+)$", Path(units[1]).read_text(), re.MULTILINE)
    assert "Next elapse" in run("systemd-analyze", "calendar", when)


@needs("amtool")
def test_alertmanager_accepts_its_configuration_and_routes_every_alert_to_staff(folder: Path) -> None:
    content = yaml.safe_load((ROOT / "deploy" / "alerting.yml").read_text())["configs"]["alertmanager"]["content"]
    (folder / "alertmanager.yml").write_text(re.sub(r"\$\{(\w+):\?[^}]*\}", _example, content))
    (folder / "password").touch()
    assert "SUCCESS" in run("amtool", "check-config", folder / "alertmanager.yml")
    for severity in ("critical", "warning"):
        routes = ["amtool", "config", "routes", "test", f"--config.file={folder}/alertmanager.yml"]
        assert "staff" in run(*routes, f"severity={severity}").splitlines()


def _example(setting: re.Match[str]) -> str:
    return {"ALERT_SMTP": "mail.example:587"}.get(setting[1], "somebody@ledger.example")
