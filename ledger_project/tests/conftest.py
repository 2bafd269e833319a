"""A copy of the project, to serve and to change without touching this one's data."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of somebody who has set nothing."""
    ours = {
        "LEDGER_RATE_LIMIT",
        "LEDGER_ADDRESS_RATE_LIMIT",
        "DATABASE_URL",
        "DJANGO_SETTINGS_MODULE",
        "PORT",
        "PYTEST_CURRENT_TEST",
        "SECRET_KEY",
        "ALLOWED_HOSTS",
    }
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"LEDGER_ENV": "development", "PYTHONUNBUFFERED": "1"} | changes


def fresh_shell(script: str, folder: Path, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a script as a shell does that was just opened: its environment has a home and a path, and nothing else."""
    return subprocess.run(
        ["env", "-i", f"HOME={Path.home()}", f"PATH={os.environ['PATH']}", "bash", "-ec", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=check,
        timeout=300,  # a machine may be slow
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    for _ in range(int(seconds * 100)):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


@dataclass
class Service:
    """A running `python -m ledger_project.development.serve`."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        return (self.log.parent / ".data" / "demonstration-key").read_text()

    def open(self, path: str, body: bytes | None = None, key: str = "") -> Any:
        """Ask with a key; with the demonstration client's, unless it is said."""
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        return urlopen(Request(self.url + path, body, headers), timeout=60)

    def status(self, path: str, body: bytes | None = None, key: str = "") -> int:
        """Ask, and return the status of the answer."""
        try:
            with self.open(path, body, key) as answer:
                return int(answer.status)
        except HTTPError as refused:
            with refused:
                return refused.code

    def wait_until_it_answers(self) -> None:
        for _ in range(600):
            assert self.process.poll() is None, self.log.read_text()
            try:
                urlopen(f"{self.url}/metrics", timeout=5).close()
            except (URLError, ConnectionError):
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.log.read_text())


@dataclass
class Project:
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / ".data" / "postgres"

    def postgres_runs(self) -> bool:
        lock = self.data / "postmaster.pid"
        return lock.exists() and Path(f"/proc/{lock.read_text().splitlines()[0]}/cwd").exists()

    def command(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the project until it ends."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment(**changes),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,  # a machine may be slow
        )

    @contextmanager
    def app(self, name: str) -> Iterator[Path]:
        """Add an app as the documentation says: one command, and one line in the settings."""
        settings = self.folder / "ledger_project" / "settings.py"
        before = settings.read_text()
        made = self.command("manage.py", "startledgerapp", name)
        assert made.returncode == 0, made.stderr
        (line,) = re.findall(r"^    .*,$", made.stdout, re.MULTILINE)
        head, installed, rest = before.partition("INSTALLED_APPS = [\n")
        apps, end, tail = rest.partition("]\n")
        settings.write_text(f"{head}{installed}{apps}{line}\n{end}{tail}")
        try:
            yield self.folder / name
        finally:
            settings.write_text(before)
            shutil.rmtree(self.folder / name)

    @contextmanager
    def serve(self, stop: signal.Signals = signal.SIGINT, **changes: str) -> Iterator[Service]:
        """Serve the project; end it by `stop`, as Ctrl-C would, and see that it ends."""
        port = free_port()
        log = self.folder / f"serve-{port}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "ledger_project.development.serve"],
                cwd=self.folder,
                env=environment(PORT=str(port), **changes),
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,  # a terminal's Ctrl-C goes to the whole group, and to nobody else here
            )
        service = Service(process, port, log)
        try:
            service.wait_until_it_answers()
            yield service
        finally:
            if process.poll() is None:
                os.killpg(process.pid, stop)
            process.wait(timeout=30)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder that another user can be let into: pytest takes that away from its own, when another one starts."""
    with tempfile.TemporaryDirectory(prefix="ledger-test-") as folder:
        yield Path(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    with temporary_folder() as path:
        yield path


@pytest.fixture(scope="session")
def project() -> Iterator[Project]:
    with temporary_folder() as path:
        shutil.copytree(ROOT, path / "shared-ledger", ignore=shutil.ignore_patterns(".*", "__pycache__", "backups"))
        for name, there in ((".venv", Path(sys.prefix)), (".uv", ROOT / ".uv")):
            (path / "shared-ledger" / name).symlink_to(there)  # so that make has nothing to fetch
        yield Project(path / "shared-ledger")


@pytest.fixture
def fresh(project: Project) -> Project:
    """The copy with an empty ledger, and without exports."""
    for written in (".data", ".data-before", "backups"):
        shutil.rmtree(project.folder / written, ignore_errors=True)
    (project.folder / "backups").mkdir()
    return project


DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))


def queries_of(dashboard: Path) -> list[str]:
    """Return what a dashboard asks Prometheus for."""
    return [target["expr"] for panel in json.loads(dashboard.read_text())["panels"] for target in panel["targets"]]


def blocks(markdown: str, language: str) -> list[str]:
    """Return the code blocks of that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", markdown, re.DOTALL | re.MULTILINE)
