"""How `migrate` takes locks while the service runs: one `migrate` at a time, and no long wait for a table's lock.

A statement that waits for a table's lock makes every later post and read of that table wait behind it. So each wait is
short, and the migration is tried again until the lock's holder, a backup for instance, has finished.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import DeadlockDetected, LockNotAvailable

from ledger_core import sql

# Longer than PostgreSQL's deadlock_timeout of 1 s: only then does it cancel an autovacuum that holds the lock.
LOCK_TIMEOUT_MS = 1100
PATIENCE_SECONDS = 600.0
_PAUSE_SECONDS = 2.0  # for the posts that waited behind the migration
_LOCK = 0x6C6564676572  # the advisory lock's key: "ledger"
_BLOCKERS = sql.load("blockers")

Say = Callable[[str], object]


@contextmanager
def one_at_a_time(database: BaseDatabaseWrapper, say: Say) -> Iterator[None]:
    """Hold an advisory lock of the session inside the context. Wait first if another session holds it."""
    with database.cursor() as cursor:
        _require_direct(database, cursor)
        # Polled, because a statement that waits holds a snapshot, for which CREATE INDEX CONCURRENTLY would wait.
        waited = False
        while not _value(cursor, "SELECT pg_try_advisory_lock(%s)", _LOCK):
            if not waited:
                say("Another migrate or servicerole runs: waiting until it has finished.")
            waited = True
            time.sleep(0.2)
    try:
        yield
    finally:
        if database.is_usable():
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def with_short_locks(database: BaseDatabaseWrapper, migrate: Callable[[], Any], say: Say) -> Any:
    """Call `migrate`, and call it again if it could not get a lock in time. It keeps the migrations that have finished.

    Raises CommandError after PATIENCE_SECONDS.
    """
    give_up = time.monotonic() + PATIENCE_SECONDS
    with _Blockers(database) as blockers, _lock_timeout(database):
        while True:
            try:
                return migrate()
            except OperationalError as error:
                if not isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected)):
                    raise
                reason = f"A table is locked by {blockers.last or 'a session that has ended'}"
                if time.monotonic() > give_up:
                    raise CommandError(f"{reason}. End it, or wait for it, and run migrate again.") from None
                say(f"{reason}; trying again.")
                time.sleep(_PAUSE_SECONDS)


def _require_direct(database: BaseDatabaseWrapper, cursor: Any) -> None:
    """Raise CommandError for a pooler: it gives each transaction another session, and reports its own process ids."""
    if _value(cursor, "SELECT pg_backend_pid()") != database.connection.info.backend_pid:
        raise CommandError(
            "DATABASE_URL leads to a connection pooler, and this command needs a session of its own for its locks: "
            "set DATABASE_URL to the address of PostgreSQL itself."
        )


@contextmanager
def _lock_timeout(database: BaseDatabaseWrapper) -> Iterator[None]:
    def set_timeout(milliseconds: int) -> None:
        with database.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [str(milliseconds)])

    def build_concurrently(execute: Any, statement: Any, *rest: Any) -> Any:
        """Let a concurrent index build wait. Nothing waits behind it, and if it failed, an invalid index would stay."""
        if "CONCURRENTLY" not in str(statement):
            return execute(statement, *rest)
        set_timeout(int(PATIENCE_SECONDS * 1000))
        try:
            return execute(statement, *rest)
        finally:
            set_timeout(LOCK_TIMEOUT_MS)

    set_timeout(LOCK_TIMEOUT_MS)
    try:
        with database.execute_wrapper(build_concurrently):
            yield
    finally:
        if database.is_usable():
            with database.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


class _Blockers(Thread):
    """A thread that finds, on a second connection, the sessions that `database` waits for, and keeps the last ones."""

    def __init__(self, database: BaseDatabaseWrapper) -> None:
        super().__init__(daemon=True)
        self.last = ""
        self._database, self._ended = database, Event()
        self._pid = database.connection.info.backend_pid

    def __enter__(self) -> "_Blockers":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        own = self._database.copy()
        try:
            with suppress(DatabaseError), own.cursor() as cursor:  # on failure, only the message has less detail
                while not self._ended.wait(LOCK_TIMEOUT_MS / 4000):
                    cursor.execute(_BLOCKERS, {"pid": self._pid})
                    self.last = "; ".join(map(_described, cursor.fetchall())) or self.last
        finally:
            own.close()


def _described(row: tuple[Any, ...]) -> str:
    pid, user, program, state, since, query = row
    return (
        f"process {pid} of {user} ({program or 'no name'}, {state or 'state unknown'}, since {since or '?'}): {query}"
    )


def _value(cursor: Any, statement: str, *parameters: object) -> Any:
    cursor.execute(statement, parameters)
    return cursor.fetchone()[0]
