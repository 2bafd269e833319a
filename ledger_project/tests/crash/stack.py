"""A service to be killed: PostgreSQL and gunicorn of their own, in a folder that is thrown away."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger_project.development.embedded import EmbeddedPostgres
from ledger_project.development.serve import GUNICORN_CONFIG
from ledger_project.tests.conftest import ROOT, environment, free_port, wait_for

MAY = ["--app=content", "--app=ecommerce", "--scope=post", "--scope=mint"]


@dataclass
class Stack:
    data: Path
    url: str
    port: int
    key: str
    gunicorn: subprocess.Popen[bytes]

    def kill_postgres(self) -> None:
        """Kill PostgreSQL as a crash would, and start it again over what it left."""
        postmaster = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        family = [postmaster, *_children(postmaster)]
        os.kill(postmaster, signal.SIGKILL)
        # Its children end by themselves when they notice; a new server refuses to start beside them.
        wait_for(lambda: not any(Path(f"/proc/{pid}/cwd").exists() for pid in family))
        with EmbeddedPostgres(self.data):
            pass  # it stays: this stack uses it still

    def kill_worker(self) -> None:
        """Kill a worker of gunicorn's, which puts another in its place."""
        workers = _children(self.gunicorn.pid)
        if workers:
            os.kill(random.choice(workers), signal.SIGKILL)  # noqa: S311


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    data = folder / "postgres"
    with EmbeddedPostgres(data) as url, serving(folder, url) as (port, key, gunicorn):
        yield Stack(data, url, port, key, gunicorn)


@contextmanager
def serving(folder: Path, url: str, **changes: str) -> Iterator[tuple[int, str, subprocess.Popen[bytes]]]:
    """Serve the ledger of that database from two workers, which log to the folder; give port, key and gunicorn."""
    with (folder / "gunicorn.log").open("wb") as log:
        port = free_port()
        settings = environment(
            DATABASE_URL=url,
            BIND=f"127.0.0.1:{port}",
            WEB_CONCURRENCY="2",
            LEDGER_RATE_LIMIT="off",
            LEDGER_ADDRESS_RATE_LIMIT="off",
            **changes,
        )
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=settings, check=True)
        created = [sys.executable, "manage.py", "ledgerclient", "create", "writers", *MAY]
        key = subprocess.run(created, cwd=ROOT, env=settings, check=True, capture_output=True, text=True).stdout.strip()
        gunicorn = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", str(GUNICORN_CONFIG), "ledger_project.wsgi"],
            cwd=ROOT,
            env=settings,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(lambda: len(_children(gunicorn.pid)) == 2)
            yield port, key, gunicorn
        finally:
            gunicorn.terminate()
            gunicorn.wait(timeout=60)
