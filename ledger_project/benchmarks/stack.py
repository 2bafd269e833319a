"""What a benchmark needs: PostgreSQL, gunicorn for each contestant, and wrk for the load."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from ledger_project.development.embedded import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent.parent
CONNECTIONS = 16
_NEVER = "999999999/s"  # a rate limit that counts and is never reached
_UNDER_WAY = """
SELECT count(*) FROM pg_stat_activity
WHERE state = 'active' AND datname IS NOT NULL AND pid <> pg_backend_pid()
"""
_MAKE_KEY = """
from ledger_core.access import clients
from ledger_core.operations import Scope
print(clients.create("benchmark", ["content", "ecommerce"], list(Scope)))
"""


@dataclass(frozen=True)
class Ledger:
    """A migrated database and an API key."""

    environment: Mapping[str, str]
    key: str

    @property
    def url(self) -> str:
        return self.environment["DATABASE_URL"]

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py, and return what it prints."""
        return run([sys.executable, "manage.py", *arguments], self.environment)


@dataclass(frozen=True)
class Server:
    """gunicorn with two workers of four threads, as in production, for one contestant."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def memory(self) -> float:
        """The memory of a worker in megabytes, with its share of shared pages."""
        workers = run(["pgrep", "-P", str(self.process.pid)], os.environ).split()
        rollups = [Path(f"/proc/{worker}/smaps_rollup").read_text() for worker in workers]
        kilobytes = [int(line.split()[1]) for rollup in rollups for line in rollup.splitlines() if "Pss:" in line]
        return sum(kilobytes) / len(workers) / 1024


def require_programs(*names: str) -> None:
    """Raise SystemExit, with the command that installs it, if a program is missing."""
    if missing := [name for name in names if not shutil.which(name)]:
        raise SystemExit(f"{', '.join(missing)} cannot be found: on Debian, apt-get install {' '.join(missing)}")


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the URL of a new server with PostgreSQL's defaults, so its commits are as durable as in production."""
    (ROOT / ".data").mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-", dir=ROOT / ".data") as folder,
        EmbeddedPostgres(Path(folder, "postgres")) as url,
    ):
        yield url


def make_ledger(url: str, name: str) -> Ledger:
    """Make a database of that name, migrate it, and make a client with a key."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    environment = os.environ | {
        "DATABASE_URL": url.replace("/postgres?", f"/{name}?"),
        "DJANGO_SETTINGS_MODULE": "ledger_project.settings",
        "LEDGER_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "LEDGER_RATE_LIMIT": _NEVER,
        "LEDGER_ADDRESS_RATE_LIMIT": _NEVER,
    }
    ledger = Ledger(environment, "")
    ledger.manage("collectstatic", "--noinput", "--verbosity=0")  # the admin's pages need their hashed names
    ledger.manage("migrate", "--verbosity=0")
    return Ledger(environment, ledger.manage("shell", "--verbosity=0", "--command", _MAKE_KEY).strip())


@contextmanager
def served(ledger: Ledger, **modules: str) -> Iterator[dict[str, Server]]:
    """Serve each of the WSGI modules until the context ends."""
    with ExitStack() as servers:
        yield {name: servers.enter_context(_server(ledger, module)) for name, module in modules.items()}


@contextmanager
def _server(ledger: Ledger, module: str) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", module]
    environment = {**ledger.environment, "BIND": f"127.0.0.1:{port}"}
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log) as process,
    ):
        try:
            _wait_for(port, process)
            yield Server(process, port)
        except ContestantFailed as failed:
            log.seek(0)
            raise SystemExit(f"{module} does not answer:\n{log.read()}") from failed
        finally:
            process.terminate()


class ContestantFailed(Exception):
    pass


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise ContestantFailed


def load(
    server: Server, ledger: Ledger, script: str, seconds: int, connections: int = CONNECTIONS, **options: object
) -> dict[str, float]:
    """Run wrk for so many seconds, and return the requests per second and the latency in milliseconds."""
    told = {name.upper(): str(value) for name, value in options.items()}
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout=30s",
        "-s",
        f"ledger_project/benchmarks/wrk/{script}.lua",
    ]
    printed = run([*command, server.url], {**os.environ, **told, "KEY": ledger.key})
    found: dict[str, float] = json.loads(printed.splitlines()[-1])
    if found["errors"]:
        raise SystemExit(f"{script}: {found['errors']:.0f} of {found['requests']:.0f} requests failed.")
    _settle(ledger)
    return found


def _settle(ledger: Ledger) -> None:
    """Wait until the requests that wrk abandoned have ended, so that they do not slow the next contestant."""
    idle = 0
    with ledger.connect() as connection:
        while idle < 10:  # in a row, because a worker is also busy between two statements
            idle = idle + 1 if connection.execute(_UNDER_WAY).fetchone() == (0,) else 0
            time.sleep(0.05)


def run(command: list[str], environment: Mapping[str, str]) -> str:
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} has failed:\n{ended.stderr}")
    return ended.stdout
