"""The statements that nearly every request executes, by libpq instead of psycopg's cursor."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import local
from types import NoneType
from typing import Any
from weakref import WeakSet

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from msgspec import Struct
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from ledger_core.sql import load

Row = tuple[Any, ...]
Parameters = Mapping[str, str | int | bool | datetime | None]

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_TEXTS = {str, int, bool, NoneType}  # values of these types are sent as text

# Prepared statement exists, does not exist, and "cached plan must not change result type": the session is not as this
# process left it. PostgreSQL checks for these before it executes anything, so the call can be repeated.
_NOT_AS_PREPARED = {"42P05", "26000", "0A000"}


class Statement:
    """A statement from a file, prepared once on each connection.

    `parts` are texts that the file has a place for: see `sql.load`.

    psycopg's cursor costs six times as much as libpq's call. This class takes its place: Django wraps it as it wraps
    every cursor, so traces, query counts and the checks of a broken transaction work, and there is one path for all.

    A session can lose its prepared statements (DISCARD ALL, DEALLOCATE ALL), and a pooler can replace the session. A
    call whose statement is gone or stale is repeated unprepared, and the next call prepares the statement again.
    """

    def __init__(self, name: str, **parts: str) -> None:
        self.text = load(name, **parts)
        self._parameters = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", self.text)))
        numbers = {name: f"${number}" for number, name in enumerate(self._parameters, start=1)}
        self._numbered = re.sub(r"%\((\w+)\)s", lambda found: numbers[found[1]], self.text).encode()
        # Contains a hash of the text: behind a pooler, replicas of another version use the same sessions.
        self._name = f"ledger_{name}_{sha256(self.text.encode()).hexdigest()[:12]}".encode()
        self._prepares: bool = settings.DATABASE_PREPARE
        self._prepared: WeakSet[psycopg.Connection[Any]] = WeakSet()

    def fetch(self, parameters: Parameters) -> list[Row]:
        """Execute the statement and return its rows. Raises Django's database exceptions, as a cursor does.

        Inside a transaction it uses a savepoint, so a statement that fails does not end the transaction.
        """
        database = connections[DEFAULT_DB_ALIAS]
        database.close_if_health_check_failed()
        database.ensure_connection()
        try:
            return self._fetch(database, parameters, prepared=self._prepares)
        except DatabaseError as error:
            if not (self._prepares and getattr(error.__cause__, "sqlstate", None) in _NOT_AS_PREPARED):
                raise
        return self._fetch(database, parameters, prepared=False)

    def _fetch(self, database: BaseDatabaseWrapper, parameters: Parameters, *, prepared: bool) -> list[Row]:
        cursor: Any = _Cursor(self, database.connection, prepared)
        wrapped = database.make_debug_cursor(cursor) if database.queries_logged else database.make_cursor(cursor)
        if database.autocommit:  # no transaction: no BEGIN, no COMMIT
            wrapped.execute(self.text, parameters)
        else:
            with transaction.atomic():  # a savepoint, before which psycopg sends BEGIN
                wrapped.execute(self.text, parameters)
        rows: list[Row] = cursor.rows
        return rows

    def execute(self, connection: psycopg.Connection[Any], parameters: Parameters, *, prepared: bool) -> PGresult:
        """Execute the statement by libpq and return the result. Raises psycopg's exceptions."""
        given = [parameters[name] for name in self._parameters]
        values = [_written(value) for value in given]
        formats = None  # all are texts, as in most statements
        if not _TEXTS.issuperset(map(type, given)):
            formats = [Format.BINARY if isinstance(value, datetime) else Format.TEXT for value in given]
        if prepared:
            if connection not in self._prepared:
                self._prepare(connection)
            result = connection.pgconn.exec_prepared(self._name, values, formats, Format.BINARY)  # type: ignore[arg-type]  # None is NULL
        else:
            result = connection.pgconn.exec_params(self._numbered, values, None, formats, Format.BINARY)
        if result.status != ExecStatus.TUPLES_OK:
            error = _error(result)
            if error.sqlstate in _NOT_AS_PREPARED:
                self._prepared.discard(connection)
                connection.pgconn.close_prepared(self._name)  # otherwise preparing it again would fail with 42P05
            raise error
        return result

    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        result = connection.pgconn.prepare(self._name, self._numbered)
        if result.status != ExecStatus.COMMAND_OK:
            error = _error(result)
            if error.sqlstate == "42P05":  # prepared through a pooler, by another connection of this process
                self._prepared.add(connection)
            raise error
        self._prepared.add(connection)


class _Cursor(Struct):
    """The part of a cursor that Django's wrappers use."""

    statement: Statement
    connection: psycopg.Connection[Any]
    prepared: bool
    rows: Sequence[Row] = ()

    def execute(self, sql: str, parameters: Parameters) -> None:
        self.rows = _rows(self.statement.execute(self.connection, parameters, prepared=self.prepared))


def _written(value: str | int | bool | datetime | None) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, datetime):  # binary: as text, PostgreSQL accepts no offset of 16 hours or more
        return ((value - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big", signed=True)
    written = str(value).encode()
    if b"\0" in written:  # libpq would stop reading here
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return written


def _error(result: PGresult) -> psycopg.Error:
    error = error_from_result(result)
    # An error without SQLSTATE is libpq's own: it could not reach the server.
    return error if error.sqlstate else psycopg.OperationalError(*error.args)


def _rows(result: PGresult) -> list[Row]:
    """Return the rows of a result in PostgreSQL's binary format, which no setting of the session changes.

    psycopg's own code reads them, in C: a hundred entries take 31 µs, and 274 µs in Python. It knows no connection
    here, so texts are UTF-8 and times are in UTC.
    """
    reader = _THREAD.reader
    reader.set_pgresult(result)
    rows = reader.load_rows(0, result.ntuples, tuple)
    reader.set_pgresult(None)
    return rows


class _Thread(local):
    def __init__(self) -> None:
        self.reader = Transformer()  # kept, since it remembers how to read the types of our columns


_THREAD = _Thread()
