"""Posting from Python, outside and inside a transaction of the caller."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from content import ledger
from content.operations import ContentOperation
from ledger_core.errors import AccountLocked
from ledger_core.operations import SharedOperation
from ledger_core.posting import InsufficientBalance, Item, Posted
from ledger_core.queries.balances import AccountNotFound, balance_of

pytestmark = pytest.mark.django_db(transaction=True)


def on_another_connection(owner_id: str) -> Posted:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        return ledger.post(SharedOperation.CREDIT_ADD, owner_id=owner_id, nonce="other")
    finally:
        connection.close()


def test_it_is_committed_when_it_returns() -> None:
    ledger.post(SharedOperation.CREDIT_ADD, owner_id="author", nonce="1")
    ledger.post(ContentOperation.CONTENT_CREATION, owner_id="author", nonce="2")
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(on_another_connection, "author").result().entry.balance_after == 15


def test_many_are_posted_all_or_none() -> None:
    with pytest.raises(Exception, match="1 of 2 items"):
        ledger.post_batch(
            [Item(SharedOperation.CREDIT_ADD, "author", "1"), Item(ContentOperation.CONTENT_CREATION, "reader", "1")]
        )
    with pytest.raises(AccountNotFound):
        balance_of("author")


def test_in_a_transaction_it_goes_with_it_and_so_does_its_nonce() -> None:
    with transaction.atomic():
        ledger.post(SharedOperation.CREDIT_ADD, owner_id="author", nonce="1")
        transaction.set_rollback(True)
    assert not ledger.post(SharedOperation.CREDIT_ADD, owner_id="author", nonce="1").replayed


def test_in_a_transaction_a_refusal_leaves_the_rest_as_it_is() -> None:
    with transaction.atomic():
        ledger.post(SharedOperation.CREDIT_ADD, owner_id="author", nonce="1")
        with pytest.raises(InsufficientBalance):
            ledger.post(ContentOperation.CONTENT_CREATION, owner_id="author", nonce="2", amount=3)
    assert balance_of("author").balance == 10


def test_a_transaction_keeps_its_owners_from_others_until_it_ends_and_nobody_else() -> None:
    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        ledger.post(SharedOperation.CREDIT_ADD, owner_id="author", nonce="1")
        with pytest.raises(AccountLocked):
            threads.submit(on_another_connection, "author").result()
        assert threads.submit(on_another_connection, "reader").result().entry.seq == 1
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(on_another_connection, "author").result().entry.seq == 2
