"""The DATABASE_URL of development and tests: a PostgreSQL of one's own, or else one that is embedded."""

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
    """Have DATABASE_URL name a PostgreSQL for as long as the context lasts.

    One that is set is kept. Else, in development, an embedded PostgreSQL runs, with its files in `data`.
    """
    if os.environ.get("DATABASE_URL") or os.environ.get("LEDGER_ENV") != "development":
        yield
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup has SIGHUP ignored
            signal.signal(number, leave)
    with EmbeddedPostgres(data) as url:
        os.environ["DATABASE_URL"] = url
        try:
            yield
        finally:
            del os.environ["DATABASE_URL"]


def leave(signum: int, frame: FrameType | None) -> None:
    """End the process by an exception, as Ctrl-C does, so that it stops what it has started."""
    raise KeyboardInterrupt


def require_answer() -> None:
    """Raise PostgresUnavailable unless the PostgreSQL of DATABASE_URL answers."""
    try:
        psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5).close()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise PostgresUnavailable(
            f"DATABASE_URL does not lead to a PostgreSQL that answers: {reason}. "
            "Start it, or correct DATABASE_URL, or unset it for the embedded one."
        ) from None
