"""`make run`: from nothing to an answer, and back to nothing."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from ledger_core.access.keys import CACHE_SECONDS
from ledger_project.development.embedded import EmbeddedPostgres
from ledger_project.tests.conftest import ROOT, Project, Service, environment, free_port, listens, wait_for

pytestmark = pytest.mark.acceptance


def bash(script: str) -> str:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def balance(service: Service, owner: str = "alice") -> int:
    with service.open(f"/api/v1/content/ledger/{owner}") as answer:
        found: int = json.load(answer)["balance"]
        return found


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_printed_lines_work_as_printed_and_the_next_run_finds_the_data(
    fresh: Project, stop: signal.Signals
) -> None:
    with fresh.serve(stop) as service:
        printed = service.log.read_text()
        lines = printed.partition("Try these commands:")[2].partition("[")[0]
        answers = [json.loads(answer) for answer in re.findall(r"{.*?}", bash(lines))]
        assert [answer.get("status", answer["owner_id"]) for answer in answers] == ["guest"] * 3
        assert answers[-1]["balance"] == balance(service, "guest") == 0
        assert fresh.postgres_runs()
    assert service.process.returncode == 0
    assert not fresh.postgres_runs()

    with fresh.serve(stop) as service:
        assert balance(service, "guest") == 0


def test_the_printed_password_opens_the_admin(project: Project) -> None:
    with project.serve() as service:
        (password,) = re.findall(r"password: (\S+)", service.log.read_text())
        login = f"{service.url}/admin/login/"
        answer = bash(f"""
            jar=$(mktemp)
            curl -s -o /dev/null -c $jar {login}
            token=$(awk '/csrftoken/ {{print $7}}' $jar)
            curl -s -o /dev/null -w '%{{http_code}} %{{redirect_url}}' -b $jar \
                 -d csrfmiddlewaretoken=$token -d username=admin -d 'password={password}' '{login}?next=/admin/'
        """)
    assert answer == f"302 {service.url}/admin/"


def test_metrics_of_every_worker_are_on_one_page_and_their_sum_never_falls(project: Project) -> None:
    """Whichever worker answers, and when one is replaced: a counter that falls would look like a restart."""

    def counts() -> dict[str, float]:
        with urlopen(f"{service.url}/metrics") as answer:
            page = answer.read().decode()
        line = r'^ledger_http_request_seconds_count{.*route="api/v1/<path>operations".*worker="(.)".*} (\S+)$'
        return {worker: float(value) for worker, value in re.findall(line.replace("<path>", ".*"), page, re.MULTILINE)}

    def ask_both() -> None:
        answered = set(counts().items())
        while len(set(counts().items()) - answered) < 2:
            service.open("/api/v1/content/operations").close()

    with project.serve() as service:
        ask_both()
        before = counts()
        assert before.keys() == {"1", "2"}
        assert all(counts() == before for _ in range(10))

        (gunicorn,) = [pid for pid in _children(service.process.pid) if len(_children(pid)) == 2]
        worker = _children(gunicorn)[0]
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: worker not in (workers := _children(gunicorn)) and len(workers) == 2)
        assert counts() == before
        ask_both()
        after = counts()
        assert after.keys() == before.keys()
        assert all(after[worker] > before[worker] for worker in before)


def test_a_post_that_waits_too_long_is_told_to_retry_and_writes_nothing(fresh: Project) -> None:
    """An account that somebody locks by hand must not take all of the service's threads."""
    body = b'{"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "%d"}'
    with fresh.serve(STATEMENT_TIMEOUT="500ms") as service, EmbeddedPostgres(fresh.data) as url:

        def post(nonce: int) -> int:
            return service.status("/api/v1/content/ledger", body % nonce)

        assert post(1) == 201
        with psycopg.connect(url) as somebody:
            somebody.execute("SELECT * FROM ledger_account FOR UPDATE")
            assert post(2) == 503
        assert balance(service) == 10
        assert post(2) == 201


def test_told_to_end_it_finishes_what_it_has_and_takes_no_more(fresh: Project) -> None:
    body = b'{"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "%d"}'
    with fresh.serve() as service, EmbeddedPostgres(fresh.data) as url, ThreadPoolExecutor() as pool:

        def post(nonce: int) -> int:
            return service.status("/api/v1/content/ledger", body % nonce)

        assert post(1) == 201
        with psycopg.connect(url) as somebody:
            somebody.execute("SELECT * FROM ledger_account FOR UPDATE")
            under_way = pool.submit(post, 2)
            with psycopg.connect(url, autocommit=True) as look:
                waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                wait_for(lambda: look.execute(waiting).fetchone() == (1,))
            masters: list[int] = []

            def found() -> bool:  # the kernel's list can miss children for a moment
                masters[:] = [pid for pid in _children(service.process.pid) if len(_children(pid)) == 2]
                return len(masters) == 1

            wait_for(found)
            os.kill(masters[0], signal.SIGTERM)
            wait_for(lambda: not listens(service.port))
            assert not under_way.done()
        assert under_way.result() == 201
        assert service.process.wait(timeout=30) == 0


def test_a_revoked_key_is_refused_by_every_process_within_seconds(fresh: Project) -> None:
    create = ["create", "blog", "--app=content", "--scope=read"]
    with fresh.serve() as one, fresh.serve() as other:
        key = fresh.command("manage.py", "ledgerclient", *create).stdout.strip()

        def statuses() -> set[int]:
            return {service.status("/api/v1/content/operations", key=key) for service in (one, other)}

        assert statuses() == {200}
        fresh.command("manage.py", "ledgerclient", "revoke", "blog")
        deadline = time.monotonic() + CACHE_SECONDS
        while time.monotonic() < deadline:
            statuses()
        assert [statuses() for _ in range(20)] == [{401}] * 20


def test_all_workers_count_a_clients_requests_together(fresh: Project) -> None:
    with fresh.serve(LEDGER_RATE_LIMIT="20/d") as service, ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: service.status("/api/v1/content/operations"), range(100)))
    assert Counter(statuses).keys() == {200, 429}
    # Two workers that count at the same moment may both see the other's request, or neither.
    assert 18 <= statuses.count(200) <= 22


def test_a_taken_port_gets_one_line(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = project.command("-m", "ledger_project.development.serve", PORT=str(port))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"Port {port} cannot be used" in done.stderr
    assert f"make run PORT={port + 1}" in done.stderr


@pytest.mark.parametrize(
    "url", ["postgresql://ledger:s3cr3t@127.0.0.1:1/ledger", "postgresql://nobody.invalid/ledger", "nonsense"]
)
def test_an_unreachable_database_gets_one_line(project: Project, url: str) -> None:
    done = project.command("-m", "ledger_project.development.serve", PORT=str(free_port()), DATABASE_URL=url)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "correct DATABASE_URL" in done.stderr
    assert "s3cr3t" not in done.stderr


def test_what_a_killed_run_leaves_behind_is_no_obstacle(project: Project) -> None:
    with project.serve() as service:
        gunicorn = _children(service.process.pid)
        postmaster = int((project.data / "postmaster.pid").read_text().split()[0])
        for pid in (service.process.pid, *gunicorn, postmaster):
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    assert (project.data / "postmaster.pid").exists()

    with project.serve() as service:
        service.open("/api/v1/content/operations").close()
    assert not project.postgres_runs()


def test_a_database_that_a_killed_run_left_running_is_taken_over_and_stopped(project: Project) -> None:
    with project.serve() as service:
        for pid in (service.process.pid, *_children(service.process.pid)):
            os.kill(pid, signal.SIGKILL)
    assert project.postgres_runs()

    with project.serve():
        pass
    assert not project.postgres_runs()


def test_a_lock_file_that_names_another_process_gets_one_line(project: Project) -> None:
    """As after a crash in a container, where process ids come round."""
    project.command("manage.py", "check")
    owner = project.data.stat().st_uid
    lock = project.data / "postmaster.pid"
    with subprocess.Popen(["sleep", "60"], user=owner if os.geteuid() == 0 else None) as another:
        lock.write_text(f"{another.pid}\n{project.data}\n0\n5432\n{project.data}\n\n0 0\nready\n")
        try:
            done = project.command("-m", "ledger_project.development.serve", PORT=str(free_port()))
        finally:
            lock.unlink()
            another.kill()
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert f"remove {lock}" in done.stderr


def test_ctrl_c_before_it_serves_leaves_nothing_running_and_nothing_half_made(fresh: Project) -> None:
    initdb_runs = fresh.data.with_name("postgres.unfinished")
    server_starts = fresh.data / "postmaster.pid"
    for moment in (initdb_runs, server_starts):
        process = subprocess.Popen(
            [sys.executable, "-m", "ledger_project.development.serve"],
            cwd=fresh.folder,
            env=environment(PORT=str(free_port())),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
        while process.poll() is None and not moment.exists():
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert not fresh.postgres_runs()

    with fresh.serve():
        assert fresh.postgres_runs()


def test_a_command_leaves_the_database_of_a_run_alone(project: Project) -> None:
    with project.serve() as service:
        assert project.command("manage.py", "migrate", "--check").returncode == 0
        assert project.postgres_runs()
        service.open("/api/v1/content/operations").close()


def test_a_path_too_long_for_a_socket_is_no_obstacle(project: Project, folder: Path) -> None:
    script = "import sys, pathlib; from psycopg import connect\n"
    script += "from ledger_project.development.embedded import EmbeddedPostgres as E\n"
    script += "with E(pathlib.Path(sys.argv[1])) as url: print(connect(url).execute('SELECT 1').fetchone())"
    done = project.command("-c", script, str(folder / ("long" * 30) / "postgres"))
    assert done.stdout == "(1,)\n", done.stderr


def test_every_target_is_in_the_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    help_text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    assert {"run", "test", "check", "install", "lint", "format", "upgrade", "migrations", "shell"} <= targets
    assert targets == set(re.findall(r"^  make (\S+)", help_text, re.MULTILINE))


def _children(pid: int) -> list[int]:
    """Return the processes below `pid`, the oldest first."""
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found + [grandchild for child in found for grandchild in _children(child)]
