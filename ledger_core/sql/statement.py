"""The statements that nearly every request makes, executed by libpq without a cursor."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from weakref import WeakSet

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import adapters
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import Int8

Row = tuple[Any, ...]

# How PostgreSQL writes the types of our columns, and only those.
_READERS: Mapping[int, Callable[[bytes], Any]] = {
    adapters.types["int8"].oid: int,
    adapters.types["text"].oid: bytes.decode,
    adapters.types["bytea"].oid: lambda text: bytes.fromhex(text[2:].decode()),
    adapters.types["timestamptz"].oid: lambda text: datetime.fromisoformat(text.decode()),
}


def load(name: str) -> str:
    """Return the text of `name`.sql in this folder."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


class Statement:
    """A statement from a file, prepared once on each connection.

    Django's cursor on psycopg's costs six times what asking the database does, and a third of a request. Where they
    are needed they are used: in a transaction, which psycopg begins with the first statement of a cursor, and where
    somebody wants to know of statements, as traces and tests that count them do.
    """

    def __init__(self, name: str) -> None:
        self._text = load(name)
        self._name = f"ledger_{name}".encode()
        self._parameters = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", self._text)))
        self._prepared: WeakSet[psycopg.Connection[Any]] = WeakSet()

    def fetch(self, parameters: Mapping[str, str | int | None]) -> list[Row]:
        """Execute it, and return its rows. Raises Django's exceptions of the database, as a cursor does."""
        database = connections[DEFAULT_DB_ALIAS]
        if not database.autocommit or database.execute_wrappers or database.queries_logged:
            # Integers of one type, whatever their size, so that PostgreSQL prepares the statement once.
            adapted = {name: Int8(value) if isinstance(value, int) else value for name, value in parameters.items()}
            with database.cursor() as cursor:
                cursor.execute(self._text, adapted)
                rows: list[Row] = cursor.fetchall()
                return rows
        database.ensure_connection()
        with database.wrap_database_errors:
            return self._execute(database.connection, [_written(parameters[name]) for name in self._parameters])

    def _execute(self, connection: psycopg.Connection[Any], values: list[bytes | None]) -> list[Row]:
        if connection not in self._prepared:
            numbers = {name: f"${number}" for number, name in enumerate(self._parameters, start=1)}
            text = re.sub(r"%\((\w+)\)s", lambda found: numbers[found[1]], self._text)
            _require(ExecStatus.COMMAND_OK, connection.pgconn.prepare(self._name, text.encode()))
            self._prepared.add(connection)
        result = connection.pgconn.exec_prepared(self._name, values)  # type: ignore[arg-type]  # None is NULL
        _require(ExecStatus.TUPLES_OK, result)
        return _rows(result)


def _written(value: str | int | None) -> bytes | None:
    if value is None:
        return None
    written = str(value).encode()
    if b"\0" in written:  # to libpq it would be the end
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return written


def _require(status: ExecStatus, result: PGresult) -> None:
    if result.status != status:
        error = error_from_result(result)
        # Without a code it is not the server that has spoken: it could not be reached.
        raise error if error.sqlstate else psycopg.OperationalError(*error.args)


def _rows(result: PGresult) -> list[Row]:
    columns = [(number, _READERS[result.ftype(number)]) for number in range(result.nfields)]
    return [
        tuple([None if (text := result.get_value(row, number)) is None else read(text) for number, read in columns])
        for row in range(result.ntuples)
    ]
