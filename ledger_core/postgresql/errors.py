"""What PostgreSQL's errors say beside their text, which is never matched."""

from django.db import Error
from psycopg import Error as PostgresError


def constraint_of(error: Error) -> str | None:
    """Return the name of the constraint that rejected a statement; None for every other error."""
    cause = error.__cause__
    return cause.diag.constraint_name if isinstance(cause, PostgresError) else None
