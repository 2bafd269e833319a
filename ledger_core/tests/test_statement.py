"""Statements that are executed by libpq, without a cursor: the same as with one, and never past a transaction."""

from collections.abc import Iterator
from select import select
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, close_old_connections, connection, transaction
from psycopg import Error as PostgresError

from ledger_core import constraints
from ledger_core.balances import _BALANCE, Balance, balance_of
from ledger_core.models import Account, Entry
from ledger_core.posting import post
from ledger_core.posting.requests import Item, Request
from ledger_core.posting.single import _POST
from ledger_core.tests.factories import post_call
from ledger_core.tests.imaginary import ADD, IMAGINARY, SPEND

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _connected() -> Iterator[None]:
    """Django knows that a new connection commits by itself once it is made."""
    connection.ensure_connection()
    yield
    connection.close()


@pytest.mark.usefixtures("_connected")
def test_it_answers_as_a_cursor_does() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="ä", client="☃")
    (columns,) = _BALANCE.fetch({"owner_id": "alice"})
    with transaction.atomic():
        assert _BALANCE.fetch({"owner_id": "alice"}) == [columns]
    assert Balance(*columns) == balance_of("alice")
    assert columns[-1].tzinfo is Account.objects.get().updated_on.tzinfo


@pytest.mark.usefixtures("_connected")
def test_what_it_posts_reads_back_the_same() -> None:
    posted = post(IMAGINARY, SPEND, **post_call(owner_id=post(IMAGINARY, ADD, **post_call()).entry.owner_id)).entry
    read = Entry.objects.get(pk=posted.pk)
    values: list[dict[str, Any]] = [
        {field.attname: getattr(entry, field.attname) for field in Entry._meta.concrete_fields}
        for entry in (posted, read)
    ]
    assert values[0] | {"hash": bytes(posted.hash)} == values[1] | {"hash": bytes(read.hash)}


@pytest.mark.usefixtures("_connected")
def test_no_row_is_an_empty_list() -> None:
    assert _BALANCE.fetch({"owner_id": "nobody"}) == []


@pytest.mark.usefixtures("_connected")
def test_as_the_first_of_a_transaction_it_is_undone_with_it() -> None:
    """psycopg begins a transaction with a cursor's first statement; one that went past it would commit by itself."""
    fields = Request.of(IMAGINARY, Item(ADD, "alice", "1"), "").fields
    with transaction.atomic():
        assert _POST.fetch(fields)
        transaction.set_rollback(True)
    assert not Entry.objects.exists()


@pytest.mark.usefixtures("_connected")
def test_a_refusal_names_its_constraint() -> None:
    fields = Request.of(IMAGINARY, Item(SPEND, "alice", "1"), "").fields
    with pytest.raises(IntegrityError) as refused:
        _POST.fetch(fields)
    assert isinstance(refused.value.__cause__, PostgresError)
    assert refused.value.__cause__.diag.constraint_name == constraints.STARTS_FROM_ZERO
    assert not connection.errors_occurred


@pytest.mark.usefixtures("_connected")
def test_a_nul_is_refused_and_cuts_nothing_off() -> None:
    fields = Request.of(IMAGINARY, Item(ADD, "alice", "1"), "blog\0shop").fields
    with pytest.raises(DataError, match="NUL"):
        _POST.fetch(fields)
    assert not Entry.objects.exists()


@pytest.mark.usefixtures("_connected")
def test_a_connection_that_was_ended_is_told_of_and_replaced() -> None:
    _BALANCE.fetch({"owner_id": "alice"})
    ended = connection.connection
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [ended.info.backend_pid])
    other.close()
    assert select([ended.fileno()], [], [], 10)[0]  # it has heard of it
    for _ in range(2):  # the server's last word has a code, and what libpq says after that has none
        with pytest.raises(OperationalError):
            _BALANCE.fetch({"owner_id": "alice"})
    close_old_connections()
    assert _BALANCE.fetch({"owner_id": "alice"}) == []  # prepared anew
    assert connection.connection is not ended


@pytest.mark.usefixtures("_connected")
def test_who_wants_to_know_of_statements_is_told() -> None:
    told = []

    def tell(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        told.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(tell):
        balance = _BALANCE.fetch({"owner_id": "alice"})
    assert balance == []
    (text,) = told
    assert text.startswith("-- Reads what an owner has.")
