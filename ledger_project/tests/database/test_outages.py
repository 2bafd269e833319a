"""What the database can do to a running service: no request is answered 500, and the service goes on by itself."""

import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg
import pytest

from ledger_project.development.embedded import EmbeddedPostgres
from ledger_project.tests.conftest import Project, Service, wait_for

pytestmark = pytest.mark.acceptance

LEDGER = "/api/v1/content/ledger"
BATCHES = "/api/v1/content/batches"


def serve(project: Project, **changes: str) -> AbstractContextManager[Service]:
    """Serve with one thread, so every request meets the same connection."""
    return project.serve(signal.SIGINT, WEB_CONCURRENCY="1", WEB_THREADS="1", **changes)


def add(service: Service, nonce: str, owner: str = "alice") -> int:
    body = {"operation": "CREDIT_ADD", "owner_id": owner, "nonce": nonce}
    return service.status(LEDGER, json.dumps(body).encode())


def spend(service: Service, nonce: str, owner: str = "alice") -> int:
    body = {"operation": "CREDIT_SPEND", "owner_id": owner, "nonce": nonce, "amount": 1000}
    return service.status(LEDGER, json.dumps(body).encode())


def problem(service: Service, path: str, body: dict[str, Any] | None = None) -> tuple[int, str | None, dict[str, Any]]:
    """Ask, and return the status, Retry-After and the document of a refusal."""
    with pytest.raises(HTTPError) as refused:
        service.open(path, json.dumps(body).encode() if body else None)
    with refused.value as answer:
        return answer.code, answer.headers["Retry-After"], json.load(answer)


class Browser:
    """Somebody of the staff at the admin's pages."""

    def __init__(self, service: Service) -> None:
        self._url = service.url
        self._jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._jar))
        (password,) = re.findall(r"password: (\S+)", service.log.read_text())
        self.open("/admin/login/")
        assert self.open("/admin/login/", username="admin", password=password, next="/api/problems")[0] in (200, 404)

    def open(self, path: str, **form: str) -> tuple[int, str]:
        """Get a page, or post a form, and return the status and the page."""
        body = None
        if form:
            token = next(cookie.value for cookie in self._jar if cookie.name == "csrftoken")
            body = urlencode(form | {"csrfmiddlewaretoken": token or ""}).encode()
        try:
            with self._opener.open(self._url + path, body, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def correct(self, nonce: str, operation: str = "CORRECTION_ADD", amount: int = 1) -> tuple[int, str]:
        form = {"operation": operation, "amount": str(amount), "reason": "Lost.", "nonce": nonce}
        return self.open("/admin/ledger_core/account/alice/correction/", **form)


@contextmanager
def superuser(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def terminate_all(url: str) -> None:
    with superuser(url) as somebody:
        somebody.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )


def test_a_rollback_fails_no_later_request(fresh: Project) -> None:
    with serve(fresh) as service:
        assert add(service, "first") == 201
        browser = Browser(service)
        assert browser.correct("twice")[0] == 200
        rollbacks: list[Callable[[], tuple[int, str]]] = [
            lambda: browser.correct("twice"),  # a double click
            lambda: browser.correct("too much", "CORRECTION_TAKE", 1_000_000),
            lambda: browser.open("/admin/ledger_core/entry/?p=99999"),
        ]
        for number, roll_back in enumerate(rollbacks):
            assert roll_back()[0] in (200, 400)
            assert add(service, f"after {number}") == 201
            assert add(service, f"after {number}") == 200
            assert spend(service, f"too much after {number}") == 402
            assert service.status(f"{LEDGER}/alice") == 200


def test_an_idle_connection_that_the_server_ended_fails_no_request(fresh: Project) -> None:
    with serve(fresh) as service, EmbeddedPostgres(fresh.data) as url:
        browser = Browser(service)
        requests: list[Callable[[], int]] = [
            lambda: add(service, "first"),
            lambda: add(service, "first"),
            lambda: service.status(f"{LEDGER}/alice"),
            lambda: service.status(f"{LEDGER}/alice/entries"),
            lambda: spend(service, "too much"),
            lambda: browser.open("/admin/ledger_core/entry/")[0],
            lambda: browser.correct("a correction")[0],
            lambda: service.status("/readyz"),
        ]
        for request, expected in zip(requests, [201, 200, 200, 200, 402, 200, 200, 200], strict=True):
            terminate_all(url)
            assert request() == expected


def test_a_locked_account_is_told_as_such_and_soon(fresh: Project) -> None:
    body = {"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "2"}
    with serve(fresh, LOCK_TIMEOUT="200ms") as service, EmbeddedPostgres(fresh.data) as url:
        assert add(service, "1") == 201
        browser = Browser(service)
        with psycopg.connect(url) as somebody:
            somebody.execute("SELECT FROM ledger_account FOR UPDATE")
            for path, request in ((LEDGER, body), (BATCHES, {"entries": [body]})):
                status, retry_after, document = problem(service, path, request)
                assert (status, retry_after, document["code"]) == (503, "1", "account-locked")
            assert add(service, "1", "bob") == 201
            status, page = browser.correct("form")
            assert status == 503
            assert "The account is locked" in page
            assert "send the form again" in page
        assert add(service, "2") == 201
        assert browser.correct("form")[0] == 200
        assert "LockNotAvailable (55P03)" in service.log.read_text()


def test_a_read_only_server_is_read_from_and_nothing_is_a_fault_of_ours(fresh: Project) -> None:
    body = {"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "2"}
    with serve(fresh) as service, EmbeddedPostgres(fresh.data) as url:
        assert add(service, "1") == 201
        browser = Browser(service)
        key = fresh.command(
            "manage.py", "ledgerclient", "create", "new", "--app=content", "--scope=read"
        ).stdout.strip()
        with superuser(url) as somebody:
            for statement in ("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"):
                somebody.execute(statement)
            wait_for(lambda: service.status("/readyz") == 503)

            for path, request in ((LEDGER, body), (BATCHES, {"entries": [body]})):
                status, retry_after, document = problem(service, path, request)
                assert (status, retry_after, document["code"]) == (503, "1", "database-unavailable")
                line = next(line for line in service.log.read_text().splitlines() if document["request_id"] in line)
                assert "WARNING" in line
                assert "ReadOnlySqlTransaction (25006)" in line
            assert service.status(f"{LEDGER}/alice", key=key) == 200  # whose last use cannot be stored
            assert service.status(f"{LEDGER}/alice/entries", key=key) == 200
            status, page = browser.correct("form")
            assert status == 503
            assert "The database is unavailable" in page
            assert "send the form again" in page
            assert service.status("/livez") == 200

            somebody.execute("SET default_transaction_read_only = off")
            for statement in ("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"):
                somebody.execute(statement)
            wait_for(lambda: service.status("/readyz") == 200)
        assert add(service, "2") == 201
        assert browser.correct("form")[0] == 200
        assert "Traceback" not in service.log.read_text()


def test_options_of_the_url_do_not_turn_time_outs_off(fresh: Project) -> None:
    """As Neon and Citus use them."""
    with (
        EmbeddedPostgres(fresh.data) as url,
        serve(fresh, DATABASE_URL=f"{url}&options=-c%20work_mem%3D5MB", STATEMENT_TIMEOUT="300ms") as service,
    ):
        assert add(service, "1") == 201
        with psycopg.connect(url) as somebody:
            somebody.execute("LOCK ledger_account")
            status, _, document = problem(service, f"{LEDGER}/alice")
            assert (status, document["code"]) == (503, "database-unavailable")
        assert "QueryCanceled (57014)" in service.log.read_text()


def test_a_request_that_is_cut_off_by_a_restart_is_a_503(fresh: Project) -> None:
    with serve(fresh) as service, EmbeddedPostgres(fresh.data) as url:
        assert add(service, "1") == 201
        body = json.dumps({"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "2"})
        headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}
        with (
            closing(HTTPConnection("127.0.0.1", service.port, timeout=30)) as client,
            psycopg.connect(url) as somebody,
            superuser(url) as look,
        ):
            somebody.execute("SELECT FROM ledger_account FOR UPDATE")
            client.request("POST", LEDGER, body, headers)
            waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            wait_for(lambda: look.execute(f"SELECT count(*) {waiting}").fetchone() == (1,))
            look.execute(f"SELECT pg_terminate_backend(pid) {waiting}")
            with client.getresponse() as answer:
                assert (answer.status, json.load(answer)["code"]) == (503, "database-unavailable")
        assert add(service, "2") == 201
        assert "The database could not serve this request: no answer: server closed" in service.log.read_text()
