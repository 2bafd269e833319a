"""Which of the database's errors pass by themselves."""

import pytest
from django.db import DatabaseError, DataError, connection, transaction
from psycopg.errors import lookup

from ledger_core.errors import AccountLocked
from ledger_core.postgresql.outages import outage_of

RAISE = "DO $$ BEGIN RAISE EXCEPTION 'of %%', 'alice' USING ERRCODE = '{}'; END $$"


def raised(sqlstate: str) -> DatabaseError:
    """Return the exception that Django raises for an error of PostgreSQL."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RAISE.format(sqlstate).replace("%%", "%"))
    return error.value


@pytest.mark.django_db
@pytest.mark.parametrize("sqlstate", ["08006", "25006", "53100", "53300", "57P01", "57P03", "57P05", "58030"])
def test_a_server_that_cannot_serve_is_an_outage_and_its_connection_in_doubt(sqlstate: str) -> None:
    outage = outage_of(raised(sqlstate))
    assert outage is not None
    assert (outage.sqlstate, outage.cause, outage.in_doubt) == (sqlstate, lookup(sqlstate).__name__, True)


@pytest.mark.django_db
@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03", "57014", "26000"])
def test_what_concerns_one_statement_leaves_its_connection(sqlstate: str) -> None:
    outage = outage_of(raised(sqlstate))
    assert outage is not None
    assert (outage.sqlstate, outage.in_doubt) == (sqlstate, False)


@pytest.mark.django_db
@pytest.mark.parametrize("sqlstate", ["22003", "23505", "23514", "42501", "42P01", "XX000", "XX001", "0A000", "25P02"])
def test_every_other_error_is_a_bug_or_a_refusal(sqlstate: str) -> None:
    assert outage_of(raised(sqlstate)) is None


@pytest.mark.django_db
def test_a_value_that_libpq_does_not_send_is_no_outage() -> None:
    with pytest.raises(DataError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s", ["\0"])
    assert outage_of(error.value) is None


def test_other_exceptions_are_none() -> None:
    assert outage_of(None) is None
    assert outage_of(ZeroDivisionError()) is None
    assert outage_of(AccountLocked.by_docstring()) is not None
