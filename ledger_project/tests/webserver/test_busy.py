"""A replica whose threads are busy: it answers probes, other owners are served, and nobody's leftovers are done."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from typing import Any

import psycopg
import pytest

from ledger_project.development.embedded import EmbeddedPostgres
from ledger_project.tests.conftest import Project, Service
from ledger_project.webserver.worker import PROBES

pytestmark = pytest.mark.service

LEDGER = "/api/v1/content/ledger"
LOCK_TIMEOUT = 2  # seconds
MANY = 40


@pytest.fixture(scope="module")
def database(project: Project) -> Iterator[psycopg.Connection[Any]]:
    """Somebody with psql."""
    with EmbeddedPostgres(project.data) as url, psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def service(project: Project, database: psycopg.Connection[Any]) -> Iterator[Service]:
    # One worker: a probe, and another owner's post, may not find an idle one.
    options = f"-c lock_timeout={LOCK_TIMEOUT}s"
    with project.serve(WEB_CONCURRENCY="1", WEB_THREADS="4", PGOPTIONS=options) as service:
        yield service


def post(service: Service, owner_id: str, nonce: str) -> tuple[int, dict[str, Any], float]:
    """Post a credit, and return the status, the answer, and the seconds that it took."""
    body = json.dumps({"operation": "CREDIT_ADD", "owner_id": owner_id, "nonce": nonce, "amount": 1})
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}
    start = time.monotonic()
    connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.request("POST", LEDGER, body, headers)
    with connection.getresponse() as answer:
        document = json.load(answer)
    connection.close()
    return answer.status, document, time.monotonic() - start


def seconds_to_answer(service: Service, path: str) -> float:
    start = time.monotonic()
    assert service.status(path) == 200
    return time.monotonic() - start


def entries(service: Service, owner_id: str) -> int:
    with service.open(f"{LEDGER}/{owner_id}") as answer:
        return int(json.load(answer)["seq"])


@contextmanager
def locked(database: psycopg.Connection[Any], owner_id: str) -> Iterator[None]:
    with database.transaction():
        database.execute("SELECT FROM ledger_account WHERE owner_id = %s FOR UPDATE", [owner_id])
        yield


def test_one_locked_account_stops_nobody_else(service: Service, database: psycopg.Connection[Any]) -> None:
    for owner_id in ("locked", "other"):
        assert post(service, owner_id, "first")[0] == 201
    with ThreadPoolExecutor(MANY) as pool, locked(database, "locked"):
        waiting = [pool.submit(post, service, "locked", str(n)) for n in range(MANY)]
        time.sleep(0.5)  # by now the threads would have been taken
        status, _, seconds = post(service, "other", "second")
        assert status == 201
        assert seconds < 2 * LOCK_TIMEOUT
        for path in PROBES:
            assert seconds_to_answer(service, path) < 2 * LOCK_TIMEOUT
        answers = [future.result() for future in waiting]
    assert {status for status, _, _ in answers} == {503}
    assert {problem["code"] for _, problem, _ in answers} == {"account-locked"}
    # One after the other they would have taken MANY / 4 times as long.
    assert max(seconds for _, _, seconds in answers) < 3 * LOCK_TIMEOUT
    assert entries(service, "locked") == 1
    for n in range(MANY):  # and each can be sent again
        assert post(service, "locked", str(n))[0] == 201
    assert entries(service, "locked") == 1 + MANY


def test_a_busy_owner_loses_no_post(service: Service) -> None:
    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(lambda n: post(service, "busy", str(n)), range(5 * MANY)))
    assert [status for status, _, _ in answers].count(201) == len(answers)
    assert entries(service, "busy") == len(answers)


def test_probes_are_answered_while_every_thread_waits(service: Service, database: psycopg.Connection[Any]) -> None:
    owners = [f"waiting-{n}" for n in range(12)]
    for owner_id in owners:
        post(service, owner_id, "first")
    with ThreadPoolExecutor(len(owners)) as pool, ExitStack() as stack:
        for owner_id in owners:
            stack.enter_context(locked(database, owner_id))
        waiting = [pool.submit(post, service, owner_id, "second") for owner_id in owners]
        time.sleep(0.5)
        for path in PROBES:
            assert seconds_to_answer(service, path) < 2 * LOCK_TIMEOUT
        for future in waiting:
            future.result()


def test_what_clients_who_are_gone_asked_for_is_not_done(service: Service, database: psycopg.Connection[Any]) -> None:
    owners = [f"gone-{n}" for n in range(4)]
    for owner_id in owners:
        post(service, owner_id, "first")
    body = json.dumps({"operation": "CREDIT_ADD", "owner_id": "of-the-gone", "nonce": "1", "amount": 1})
    head = f"POST {LEDGER} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {service.key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with ThreadPoolExecutor(len(owners)) as pool:
        with ExitStack() as stack:
            for owner_id in owners:
                stack.enter_context(locked(database, owner_id))
            waiting = [pool.submit(post, service, owner_id, "second") for owner_id in owners]
            time.sleep(0.5)
            for number in range(60):
                with socket.create_connection(("127.0.0.1", service.port)) as client:
                    client.sendall((head + body).encode())
                    if number % 2:  # a half-closed connection looks the same
                        client.shutdown(socket.SHUT_WR)
        for future in waiting:
            future.result()
    assert post(service, "after-the-gone", "1")[0] == 201  # it was sent after theirs
    assert service.status(f"{LEDGER}/of-the-gone") == 404


def test_clients_who_do_not_close_keep_nobody_waiting(service: Service) -> None:
    """gunicorn's own waits two seconds for each of them, in the loop that everything depends on."""
    with ExitStack() as stack:
        for _ in range(10):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert seconds_to_answer(service, "/livez") < 5


def test_a_connection_is_kept_after_an_answer_that_took_long(
    service: Service, database: psycopg.Connection[Any]
) -> None:
    database.execute(
        "CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(7); RETURN NEW; END'"
    )
    database.execute(
        "CREATE TRIGGER sleep BEFORE INSERT ON ledger_entry FOR EACH ROW"
        " WHEN (NEW.owner_id = 'slow') EXECUTE FUNCTION sleep()"
    )
    try:
        connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
        headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}
        for owner_id in ("slow", "quick"):
            body = json.dumps({"operation": "CREDIT_ADD", "owner_id": owner_id, "nonce": "1", "amount": 1})
            connection.request("POST", LEDGER, body, headers)
            used = connection.sock
            with connection.getresponse() as answer:
                assert (answer.status, answer.headers["Connection"]) == (201, "keep-alive"), answer.read()
                answer.read()
            assert connection.sock is used
        connection.close()
    finally:
        database.execute("DROP TRIGGER sleep ON ledger_entry")
        database.execute("DROP FUNCTION sleep")
