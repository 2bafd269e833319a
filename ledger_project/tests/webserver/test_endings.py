"""However `make run` or a command ends, nothing that it started stays; wherever the checkout lies, it starts."""

import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger_project.development.embedded import _package
from ledger_project.tests.conftest import ROOT, Project, environment, free_port, listens, temporary_folder, wait_for

pytestmark = pytest.mark.acceptance

ODD = """it's "so" 50% $HOME `x` \\ é"""


def close(terminal: int, make: int) -> None:
    os.close(terminal)


def kill(terminal: int, make: int) -> None:
    os.kill(make, signal.SIGKILL)


def terminate(terminal: int, make: int) -> None:
    os.kill(make, signal.SIGTERM)


@pytest.mark.parametrize(
    ("end", "shell"),
    [(close, ["bash", "-c", 'make "$@"; true', "bash"]), (close, ["make"]), (kill, ["make"]), (terminate, ["make"])],
)
def test_make_run_leaves_nothing_running(project: Project, end: Callable[[int, int], None], shell: list[str]) -> None:
    port = free_port()
    terminal, other_end = pty.openpty()
    make = subprocess.Popen(
        ["setsid", "--ctty", *shell, "run", f"PORT={port}"],
        cwd=project.folder,
        env=environment(),
        stdin=other_end,
        stdout=other_end,
        stderr=other_end,
    )
    os.close(other_end)
    os.set_blocking(terminal, False)  # what is printed fits into the terminal's buffer
    try:
        wait_for(lambda: listens(port), seconds=120)
        assert project.postgres_runs()
        end(terminal, make.pid)
        wait_for(lambda: not listens(port) and not project.postgres_runs(), seconds=60)
        assert make.wait(timeout=60) != 0
    finally:
        make.kill()
        if end is not close:
            os.close(terminal)


def test_make_run_ends_when_make_was_killed_before_it_served(fresh: Project) -> None:
    port = free_port()
    with (fresh.folder / "killed.log").open("w") as log:
        command = ["make", "run", f"PORT={port}"]
        make = subprocess.Popen(command, cwd=fresh.folder, env=environment(), stdout=log, stderr=log)
        wait_for(fresh.data.with_name("postgres.unfinished").exists, seconds=120)
        make.kill()
        make.wait()
    wait_for(fresh.postgres_runs, seconds=120)
    wait_for(lambda: not fresh.postgres_runs() and not listens(port), seconds=120)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_command_that_is_ended_stops_its_postgresql(project: Project, number: signal.Signals) -> None:
    command = [sys.executable, "manage.py", "shell", "-c", "import time; print('ready', flush=True); time.sleep(600)"]
    with subprocess.Popen(command, cwd=project.folder, env=environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while process.stdout.readline() != b"ready\n":
            assert process.poll() is None
        assert project.postgres_runs()
        process.send_signal(number)
        assert process.wait(timeout=60) == 130
    assert not project.postgres_runs()


def test_nohup_keeps_it_running(project: Project) -> None:
    with project.serve() as service:
        os.kill(service.process.pid, 0)
    port = free_port()
    command = ["nohup", sys.executable, "-m", "ledger_project.development.serve"]
    log = (project.folder / "nohup.log").open("w")
    with log, subprocess.Popen(command, cwd=project.folder, env=environment(PORT=str(port)), stdout=log) as process:
        wait_for(lambda: listens(port), seconds=120)
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=2)
        process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("name", [ODD, "one, two"])
def test_any_character_may_be_in_the_path(name: str) -> None:
    with temporary_folder() as folder:
        project = Project(folder / name / "ledger")
        shutil.copytree(ROOT, project.folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        package = _package()
        for part in package.parent.glob(f"{package.name}*"):  # PostgreSQL's own path has them too
            shutil.copytree(part, project.folder.parent / part.name, symlinks=True)
        with project.serve(PYTHONPATH=str(project.folder.parent)) as service:
            assert service.status("/api/v1/content/operations") == 200
            assert project.postgres_runs()
        assert not project.postgres_runs()


def test_a_line_break_in_the_path_gets_one_line(folder: Path) -> None:
    shutil.copytree(ROOT / "ledger_project", folder / "a\nb" / "ledger_project")
    done = Project(folder / "a\nb").command("-m", "ledger_project.development.serve", PORT=str(free_port()))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "line break" in done.stderr


READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && shift 0 && exec "$@"'


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the checkout read-only")
@pytest.mark.parametrize(
    ("command", "url"),
    [
        (["-m", "ledger_project.development.serve"], ""),
        (["-m", "ledger_project.development.serve"], "postgresql:///none"),
        (["manage.py", "check"], ""),  # with a database of its own, a command writes nothing
    ],
)
def test_a_read_only_checkout_gets_one_line(fresh: Project, command: list[str], url: str) -> None:
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", READ_ONLY, fresh.folder, sys.executable, *command],
        env=environment(PORT=str(free_port()), **({"DATABASE_URL": url} if url else {})),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert url or "Read-only file system" in done.stderr


@pytest.mark.parametrize("port", ["", "http", "0", "70000", "-1", "٣"])
def test_what_is_no_port_gets_one_line(project: Project, port: str) -> None:
    done = project.command("-m", "ledger_project.development.serve", PORT=port)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith(f"PORT={port} is not a port")
