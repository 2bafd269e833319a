"""The database of development and tests: the one that DATABASE_URL names, or else the embedded PostgreSQL."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psycopg

from ledger_project.development.embedded import EmbeddedPostgres, PostgresUnavailable

DATA = Path(__file__).resolve().parents[2] / ".data"


@contextmanager
def database(data: Path = DATA / "postgres") -> Iterator[None]:
    """Provide a PostgreSQL, and DATABASE_URL, until the context ends.

    Does nothing if DATABASE_URL is set, or outside development. Otherwise runs the embedded PostgreSQL with its files
    in `data`, and sets DATABASE_URL to it.
    """
    if os.environ.get("DATABASE_URL") or os.environ.get("LEDGER_ENV") != "development":
        yield
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP, and that must not change
            signal.signal(number, leave)
    with EmbeddedPostgres(data) as url:
        os.environ["DATABASE_URL"] = url
        try:
            yield
        finally:
            del os.environ["DATABASE_URL"]


def leave(signum: int, frame: FrameType | None) -> None:
    """Signal handler that raises KeyboardInterrupt, as Ctrl-C does, so that the process stops what it started."""
    raise KeyboardInterrupt


def require_answer() -> None:
    """Raise PostgresUnavailable unless a connection to DATABASE_URL succeeds."""
    try:
        psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5).close()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise PostgresUnavailable(
            f"Cannot connect to the PostgreSQL of DATABASE_URL: {reason}. "
            "Start it, correct DATABASE_URL, or unset DATABASE_URL to use the embedded PostgreSQL."
        ) from None
