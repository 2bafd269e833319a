"""What the service logs of requests that fail while PostgreSQL is down: nothing of a key, nothing of a query."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from ledger_project.development.embedded import EmbeddedPostgres
from ledger_project.tests.conftest import Project, Service

pytestmark = pytest.mark.service

KEY = "ledger_00000000_" + "5ec2e7" * 10 + "5ec2"
PRODUCTION = {
    "LEDGER_ENV": "production",
    "SECRET_KEY": "secret" * 10,
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECURE_SSL_REDIRECT": "0",
}


@contextmanager
def stopped(postgres: EmbeddedPostgres) -> Iterator[None]:
    postgres._stop()
    try:
        yield
    finally:
        postgres._start()


def ask(service: Service, path: str, body: str | None = None, request_id: str = "") -> int:
    """Send a request with the key in its headers, too, and return the status."""
    headers = {
        "Authorization": f"Bearer {KEY}",
        "Cookie": f"sessionid={KEY}",
        "Referer": f"{service.url}/{KEY}?query=asked",
        "X-Request-ID": request_id,
    }
    request = Request(service.url + path, body.encode() if body else None, headers)
    try:
        with urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except HTTPError as refused:
        with refused:
            return refused.code


@pytest.mark.parametrize("environment", [{"LEDGER_ENV": "development"}, PRODUCTION], ids=["terminal", "json"])
def test_a_failure_is_logged_with_its_id_and_without_keys_and_queries(
    project: Project, environment: dict[str, str]
) -> None:
    in_json = environment is PRODUCTION
    postgres = EmbeddedPostgres(project.data)
    with postgres as url, project.serve(signal.SIGINT, DATABASE_URL=url, **environment) as service:
        given = service.log.stat().st_size
        body = json.dumps({"operation": KEY, "owner_id": KEY, "nonce": KEY})
        with stopped(postgres):
            statuses = [
                ask(service, f"/api/v1/content/ledger/{KEY}?key={KEY}&query=asked", request_id="balance"),
                ask(service, f"/api/v1/content/ledger/{KEY}/entries?query=asked", request_id="entries"),
                ask(service, "/api/v1/content/ledger?query=asked", body, request_id="post"),
                ask(service, f"/admin/{KEY}/?query=asked", request_id="page"),
            ]
        assert [status // 100 for status in statuses] == [5, 5, 5, 5]
        ask(service, f"/{KEY}?query=asked", body, request_id="forged")  # a page, and no token against forged forms
        with service.log.open() as log:
            log.seek(given)
            lines = log.read().splitlines()
    text = "\n".join(lines)
    assert "ledger_00000000_…" in text
    assert "5ec2e7" not in text
    assert "asked" not in text
    if in_json:
        records = [json.loads(line) for line in lines if line.startswith("{")]
        assert {"balance", "entries", "post", "page"} <= {record["request_id"] for record in records}
        assert not [record for record in records if record["logger"] == "django.request" and "exc_info" not in record]
        assert "-" not in {record["request_id"] for record in records if record["level"] == "ERROR"}
