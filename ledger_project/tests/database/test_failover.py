"""A failover between two servers, a host that goes silent, and PgBouncer between the service and PostgreSQL."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from ledger_project.tests.conftest import Project, wait_for
from ledger_project.tests.database.test_outages import LEDGER, Browser, add, serve, spend
from ledger_project.tests.servers import packets_can_be_dropped, pgbouncer, postgres, silent

pytestmark = pytest.mark.acceptance


def test_after_a_failover_the_next_try_reaches_the_new_primary(project: Project, folder: Path) -> None:
    """The demoted server still runs and answers, so no connection to it breaks."""
    with postgres(folder / "one") as one, postgres(folder / "two", standby_of=one) as two:
        url = (
            f"postgresql://postgres@127.0.0.1:{one.port},127.0.0.1:{two.port}/postgres?target_session_attrs=read-write"
        )
        with serve(project, DATABASE_URL=url) as service:
            assert add(service, "1") == 201
            browser = Browser(service)
            with psycopg.connect(two.url, autocommit=True) as standby:
                count = "SELECT count(*) FROM ledger_entry"
                wait_for(lambda: standby.execute(count).fetchone() == (1,))
            one.execute("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
            two.execute("SELECT pg_promote()")

            statuses = [add(service, "2") for _ in range(2)]
            assert statuses in ([201, 200], [503, 201])
            assert service.status(f"{LEDGER}/alice") == 200
            assert service.status("/readyz") == 200
            assert browser.correct("form")[0] == 200
            with psycopg.connect(two.url) as primary:
                assert primary.execute(count).fetchone() == (3,)
            assert "Traceback" not in service.log.read_text()


@pytest.mark.skipif(not packets_can_be_dropped(), reason="only root can drop packets, with iptables")
def test_a_host_that_goes_silent_holds_a_request_for_seconds_only(project: Project, folder: Path) -> None:
    patient = {"STATEMENT_TIMEOUT": "60s", "LOCK_TIMEOUT": "60s"}  # the server's bounds are of no use here
    with (
        postgres(folder / "one") as server,
        serve(project, **patient, DATABASE_URL=server.url) as service,
        ThreadPoolExecutor() as pool,
    ):

        def timed(nonce: str) -> tuple[int, float]:
            start = time.monotonic()
            return add(service, nonce), time.monotonic() - start

        assert add(service, "1") == 201
        with silent(server):  # before the statement is sent
            status, seconds = timed("2")
            assert status == 503
            assert seconds < 20
            status, seconds = timed("2")  # on a new connection
            assert status == 503
            assert seconds < 10
        assert add(service, "2") == 201

        with psycopg.connect(server.url) as somebody:
            somebody.execute("SELECT FROM ledger_account FOR UPDATE")
            waiting = pool.submit(timed, "3")
            with psycopg.connect(server.url, autocommit=True) as look:
                locks = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                wait_for(lambda: look.execute(locks).fetchone() == (1,))
            with silent(server):  # while the answer is awaited
                status, seconds = waiting.result()
                assert status == 503
                assert seconds < 30
        assert add(service, "4") == 201


@pytest.mark.skipif(not shutil.which("pgbouncer"), reason="pgbouncer is not installed")
@pytest.mark.parametrize("prepare", ["0", "1"])
def test_behind_pgbouncer_in_transaction_mode_no_request_fails(project: Project, folder: Path, prepare: str) -> None:
    """Eight connections of the service share two of PostgreSQL's, so each statement meets another session."""
    with postgres(folder / "one") as server, pgbouncer(folder / "pooler", server) as url:
        migrated = project.command("manage.py", "migrate", "--verbosity=0", DATABASE_URL=server.url)
        assert migrated.returncode == 0, migrated.stderr
        with project.serve(DATABASE_URL=url, DATABASE_PREPARE=prepare) as service, ThreadPoolExecutor(8) as pool:
            browser = Browser(service)

            def use(number: int) -> list[int]:
                owner = f"owner-{number % 5}"
                statuses = [add(service, str(number), owner), add(service, str(number), owner)]
                statuses += [spend(service, f"{number} too much", owner), service.status(f"{LEDGER}/{owner}/entries")]
                return [*statuses, service.status(f"{LEDGER}/{owner}")]

            assert add(service, "first") == 201
            under_load = pool.map(use, range(100))
            for number in range(5):
                assert browser.correct(f"form {number}")[0] == 200
                assert browser.correct(f"form {number}")[0] == 200  # posts nothing
                assert browser.correct(f"too much {number}", "CORRECTION_TAKE", 1_000_000)[0] == 200
                # A list of one page ignores the number of a page.
                assert browser.open("/admin/ledger_core/entry/?p=99999")[0] in (200, 400)
                assert browser.open("/admin/auth/user/1/change/")[0] == 200  # reads by .iterator()
            assert list(under_load) == [[201, 200, 402, 200, 200]] * 100
            assert "Traceback" not in service.log.read_text()
