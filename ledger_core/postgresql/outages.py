"""Errors of the database that pass by themselves: one table for the API, the pages and the probes.

A request that meets one gets a 503 with Retry-After, and the cause is logged. Every other error of the database is a
bug, and gets a 500.
"""

import logging
from dataclasses import dataclass

from django.db import Error, connection
from psycopg import Error as PostgresError
from psycopg import InterfaceError, OperationalError

from ledger_core.errors import AccountLocked

LOCKED = "55P03"  # lock_timeout

# Prefixes of SQLSTATEs, and whether the connection is in doubt. Such a connection is closed, because the next one may
# reach another server, such as the new primary after a failover.
_PASSING = {
    "08": True,  # connection exceptions
    "25006": True,  # the server is read-only: a standby, or a primary that was demoted
    "25P03": True,  # idle_in_transaction_session_timeout
    "25P04": True,  # transaction_timeout
    "26000": False,  # the session has lost a prepared statement
    "40001": False,  # serialization failure
    "40P01": False,  # deadlock
    "53": True,  # out of disk, memory or connections
    LOCKED: False,
    "57014": False,  # statement_timeout
    "57P": True,  # the server shuts down, crashed or starts; the session timed out
    "58": True,  # input and output
}

_log = logging.getLogger("ledger.database")


@dataclass(frozen=True, slots=True)
class Outage:
    """An error that passes by itself, and whether its connection must be closed."""

    sqlstate: str
    cause: str
    in_doubt: bool


def outage_of(error: BaseException | None) -> Outage | None:
    """Return the outage that an exception means. None for every other exception."""
    if isinstance(error, AccountLocked):
        return outage_of(error.__cause__) or Outage("", f"{type(error).__name__}: every race was lost", in_doubt=False)
    if not isinstance(error, Error):
        return None
    cause = error.__cause__
    if not isinstance(cause, PostgresError):
        return None
    if cause.sqlstate is None:
        # libpq's own error: no server, or no answer. Its text has the host, but no parameters of a statement.
        unanswered = isinstance(cause, OperationalError | InterfaceError)
        return Outage("", f"no answer: {' '.join(str(cause).split())}", in_doubt=True) if unanswered else None
    for length in (5, 3, 2):
        in_doubt = _PASSING.get(cause.sqlstate[:length])
        if in_doubt is not None:
            # The name of the error, not PostgreSQL's text, which can contain an owner's id or a nonce.
            return Outage(cause.sqlstate, type(cause).__name__, in_doubt)
    return None


def log(outage: Outage) -> None:
    """Log the cause of a 503, with the request's id, and close a connection that is in doubt."""
    _log.warning(
        "The database could not serve this request: %s (%s)",
        outage.cause,
        outage.sqlstate or "no SQLSTATE",
        extra={"sqlstate": outage.sqlstate, "cause": outage.cause},
    )
    if outage.in_doubt:
        connection.close()
