"""What PostgreSQL says about an error besides its text, which must never be matched."""

from django.db import Error
from psycopg import Error as PostgresError

OUT_OF_RANGE = "22003"  # the SQLSTATE of a number that its type cannot hold


def constraint_of(error: Error) -> str | None:
    """Return the name of the constraint that rejected a statement. None for every other error."""
    cause = error.__cause__
    return cause.diag.constraint_name if isinstance(cause, PostgresError) else None


def sqlstate_of(error: Error) -> str | None:
    """Return PostgreSQL's code of the error. None for an error that PostgreSQL has not reported."""
    cause = error.__cause__
    return cause.sqlstate if isinstance(cause, PostgresError) else None
