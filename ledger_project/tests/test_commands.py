"""Commands as an operator runs them: on full disks, closed pipes, without rights, and behind PgBouncer."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import find_commands

from ledger_core import management
from ledger_project.tests.conftest import ROOT, environment, free_port, temporary_folder
from ledger_project.tests.servers import Server, pgbouncer, postgres

pytestmark = pytest.mark.acceptance

POST = """
from content.operations import OPERATIONS
from ledger_core.operations import SharedOperation
from ledger_core.posting import Item, post_batch
for batch in range(20):
    numbers = range(batch * 1000, (batch + 1) * 1000)
    items = [Item(SharedOperation.CREDIT_ADD, f"owner {number % 1007}", str(number)) for number in numbers]
    post_batch(OPERATIONS, items)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return the server of a ledger with entries of six megabytes."""
    with temporary_folder() as folder, postgres(folder / "postgres") as server:
        for arguments in (["migrate", "-v", "0"], ["shell", "-v", "0", "-c", POST]):
            manage(server.url, *arguments, check=True)
        yield server


@pytest.fixture(scope="module")
def url(server: Server) -> str:
    return server.url


def manage(url: str, *arguments: str, check: bool = False) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(DATABASE_URL=url),
        capture_output=True,
        text=True,
        check=check,
        timeout=120,
    )


def shell(url: str, line: str) -> tuple[list[int], str]:
    """Run a pipeline, and return the codes of its programs and what it said on standard error."""
    script = f"set -o pipefail; {line}; echo ${{PIPESTATUS[@]}}"
    done = subprocess.run(
        ["bash", "-c", script.replace("manage", f"{sys.executable} manage.py")],
        cwd=ROOT,
        env=environment(DATABASE_URL=url),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [int(code) for code in done.stdout.splitlines()[-1].split()], done.stderr


ARGUMENTS = {"importledger": [os.devnull], "ledgerclient": ["list"]}
NEED_NO_TABLES = {"migrate": ["--plan"], "showoperations": [], "startledgerapp": ["--help"]}
NO_TABLES = "CommandError: The tables are missing or of an earlier version. Run manage.py migrate.\n"


@pytest.fixture(scope="module")
def without_tables(server: Server) -> str:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE without_tables")
    return server.url.removesuffix("postgres") + "without_tables"


@pytest.mark.parametrize("command", find_commands(str(Path(management.__file__).parent)))
def test_a_command_without_tables_says_what_to_run(without_tables: str, command: str) -> None:
    done = manage(without_tables, command, *ARGUMENTS.get(command, []), *NEED_NO_TABLES.get(command, []))
    if command in NEED_NO_TABLES:
        assert (done.returncode, done.stderr) == (0, "")
    else:
        assert done.returncode in (1, 2)
        assert (done.stdout, done.stderr) == ("", NO_TABLES)


def test_an_export_without_tables_leaves_no_file(without_tables: str, folder: Path) -> None:
    manage(without_tables, "exportledger", "--output", str(folder / "books"))
    assert list(folder.iterdir()) == []


WRITING = ["exportledger", "exportledger --format csv", "trialbalance", "showoperations", "ledgerclient list", "help"]


@pytest.mark.parametrize("command", ["migrate", "servicerole", "exportledger", "ledgerclient list", "verifyledger"])
def test_a_server_that_does_not_answer_is_one_line(command: str) -> None:
    done = manage(f"postgresql://postgres@127.0.0.1:{free_port()}/postgres", *command.split())
    assert done.returncode != 0
    assert "Connection refused" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", WRITING)
def test_a_full_disk_under_standard_output_is_one_line(url: str, command: str) -> None:
    codes, said = shell(url, f"manage {command} > /dev/full")
    if command == "ledgerclient list":  # there is none: it writes nothing
        assert (codes, said) == ([0], "")
    else:
        assert (codes, said) == ([1], "No space left on device: standard output\n")


def test_a_closed_pipe_is_one_line(url: str) -> None:
    codes, said = shell(url, "manage exportledger | head --lines 1 > /dev/null")
    assert (codes, said) == ([1, 0], "Broken pipe: standard output\n")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("none/books", "No such file or directory"),
        ("", "exists"),
        ("file/books", "Not a directory"),
    ],
)
def test_a_file_that_cannot_be_made_is_one_line(url: str, folder: Path, output: str, reason: str) -> None:
    (folder / "file").touch()
    done = manage(url, "exportledger", "--output", str(folder / output))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"{folder / output}" in done.stderr
    assert reason in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_leaves_an_export_that_can_be_continued(url: str, folder: Path) -> None:
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine mounts nothing")
    try:
        done = manage(url, "exportledger", "--output", str(disk / "books"))
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "No space left on device" in done.stderr
        part = Path(shutil.copy(disk / "books", folder / "books"))
    finally:
        subprocess.run(["umount", disk], check=True)
    assert 0 < part.stat().st_size <= 24 * 1024
    manage(url, "exportledger", "--output", str(part), "--resume", check=True)
    assert part.read_text() == manage(url, "exportledger", check=True).stdout


def test_an_export_is_its_owners_only(url: str, folder: Path) -> None:
    manage(url, "exportledger", "--output", str(folder / "books"), check=True)
    assert stat.S_IMODE((folder / "books").stat().st_mode) == 0o600


def test_an_export_writes_no_temporary_file_of_the_server(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("ALTER SYSTEM SET work_mem = '2MB'")  # less than these entries take
        database.execute("SELECT pg_reload_conf()")
        statistics = "SELECT temp_files FROM pg_stat_database WHERE datname = current_database()"
        before = database.execute(statistics).fetchone()
        manage(url, "exportledger", check=True)
        database.execute("SELECT pg_stat_force_next_flush()")
        assert database.execute(statistics).fetchone() == before


def test_reports_are_json_where_that_is_asked_for(url: str) -> None:
    balance = json.loads(manage(url, "trialbalance", "--json", check=True).stdout)
    assert balance == {
        "moved": 200_000,
        "agrees": True,
        "lines": [{"app": "content", "operation": "CREDIT_ADD", "entries": 20_000, "credits": 200_000}],
        "accounts": 1007,
        "balances": 200_000,
    }
    operations = json.loads(manage(url, "showoperations", "--json", check=True).stdout)
    assert {"app": "content", "operation": "CREDIT_ADD", "credits": 10, "scope": "mint", "rules": []} in operations
    assert json.loads(manage(url, "ledgerclient", "list", "--json", check=True).stdout) == []


@pytest.mark.skipif(not shutil.which("pgbouncer"), reason="pgbouncer is not installed")
def test_commands_work_behind_pgbouncer_and_migrate_says_why_it_does_not(server: Server, folder: Path) -> None:
    url = server.url
    with pgbouncer(folder / "pooler", server) as pooled:
        for command in ("exportledger", "trialbalance", "verifyledger", "ledgerclient list"):
            direct, behind = (manage(address, *command.split()) for address in (url, pooled))
            assert (behind.returncode, behind.stdout, behind.stderr) == (0, direct.stdout, direct.stderr), command
        refused = manage(pooled, "migrate")
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert "DATABASE_URL leads to a connection pooler" in refused.stderr
