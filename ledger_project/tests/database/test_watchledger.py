"""`manage.py watchledger`, over a real database: what Prometheus is told."""

import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest

from ledger_project.development.embedded import EmbeddedPostgres
from ledger_project.tests.conftest import ROOT, environment, free_port, wait_for

pytestmark = pytest.mark.acceptance

POST = """
from content.operations import OPERATIONS
from ledger_core.operations import SharedOperation
from ledger_core.posting import post
post(OPERATIONS, SharedOperation.CREDIT_ADD, owner_id="alice", nonce="1")
"""
FAULT = "Fault in the ledger: alice #1: hash"


def told(port: int) -> dict[str, float]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return {name: float(n) for name, n in re.findall(r"^(ledger_\w+) (\S+)$", answer.read().decode(), re.M)}
    except URLError:
        return {}


def test_prometheus_is_told_of_faults_and_of_when_there_were_none(folder: Path) -> None:
    port = free_port()

    with EmbeddedPostgres(folder / "postgres") as url:
        manage, settings = [sys.executable, "manage.py"], environment(DATABASE_URL=url)
        subprocess.run([*manage, "migrate", "-v", "0"], cwd=ROOT, env=settings, check=True)
        subprocess.run([*manage, "shell", "-v", "0", "-c", POST], cwd=ROOT, env=settings, check=True)
        command = [*manage, "watchledger", "--every", "1", "--port", str(port)]
        with (folder / "log").open("w") as log, subprocess.Popen(command, cwd=ROOT, env=settings, stderr=log) as watch:
            try:
                wait_for(lambda: told(port).get("ledger_entries") == 1)
                assert (told(port)["ledger_accounts"], told(port)["ledger_balances_credits"]) == (1, 10)
                assert told(port)["ledger_verification_faults"] == 0
                assert 0 <= time.time() - told(port)["ledger_verified_timestamp_seconds"] < 10

                assert told(port)["ledger_entries_in_the_future"] == told(port)["ledger_schema_differences"] == 0

                with psycopg.connect(url, autocommit=True) as superuser:
                    superuser.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only")
                    wait_for(lambda: told(port)["ledger_schema_differences"] == 1)
                    superuser.execute("SET session_replication_role = replica")
                    superuser.execute("UPDATE ledger_entry SET created_on = now() + interval '1 day'")
                    wait_for(lambda: told(port)["ledger_verification_faults"] > 0)
                    whole = told(port)["ledger_verified_timestamp_seconds"]
                    wait_for(lambda: (folder / "log").read_text().count(FAULT) > 1)  # it has looked again
                    assert told(port)["ledger_verified_timestamp_seconds"] == whole
                    superuser.execute("UPDATE ledger_account SET updated_on = (SELECT created_on FROM ledger_entry)")
                    wait_for(lambda: told(port)["ledger_entries_in_the_future"] == 1)

                    superuser.execute("ALTER TABLE ledger_entry RENAME TO elsewhere")
                    wait_for(lambda: "could not be verified" in (folder / "log").read_text())
                    superuser.execute("ALTER TABLE elsewhere RENAME TO ledger_entry")
                assert watch.poll() is None
            finally:
                watch.terminate()
    logged = (folder / "log").read_text()
    assert FAULT in logged
    assert (
        "Difference in the database's schema: trigger ledger_entry.ledger_entry_append_only is CREATE TRIGGER" in logged
    )


def test_it_waits_for_a_database_that_is_away(folder: Path) -> None:
    port, log = free_port(), folder / "log"
    manage, server = [sys.executable, "manage.py"], EmbeddedPostgres(folder / "postgres")
    with server as url:
        settings = environment(DATABASE_URL=url)
        subprocess.run([*manage, "migrate", "-v", "0"], cwd=ROOT, env=settings, check=True)
    command = [*manage, "watchledger", "--every", "1", "--port", str(port)]
    with log.open("w") as stderr, subprocess.Popen(command, cwd=ROOT, env=settings, stderr=stderr) as watch:
        try:
            wait_for(lambda: "Waiting for the database" in log.read_text())
            assert "Traceback" not in log.read_text()
            with server:
                wait_for(lambda: told(port).get("ledger_verified_timestamp_seconds", 0) > 0)
            wait_for(lambda: "could not be verified" in log.read_text())
            back = time.time()
            with server:
                wait_for(lambda: told(port)["ledger_verified_timestamp_seconds"] > back)
            assert watch.poll() is None
        finally:
            watch.terminate()
