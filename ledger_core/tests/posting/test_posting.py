"""Posts, replays and rejections, one request after the other."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from ledger_core.errors import InvalidOperation, InvalidRequest
from ledger_core.models import Account, Entry, constraints
from ledger_core.posting import BalanceTooLarge, InsufficientBalance, NonceReused, post
from ledger_core.tests.conftest import rejected_by
from ledger_core.tests.factories import post_call
from ledger_core.tests.imaginary import ADD, CHESS, IMAGINARY, SPEND, ChessOperation, ImaginaryOperation
from ledger_core.values import MAX_CREDITS

pytestmark = pytest.mark.django_db


def test_the_first_entry_makes_the_account() -> None:
    entry = post(IMAGINARY, ADD, owner_id="alice", nonce="n", amount=2, client="shop").entry

    account = Account.objects.get(owner_id="alice")
    assert (account.balance, account.seq, bytes(account.head)) == (20, 1, bytes(entry.hash))
    assert account.created_on == account.updated_on == entry.created_on
    assert (entry.app, entry.operation, entry.amount, entry.delta) == ("imaginary", "CREDIT_ADD", 2, 20)
    assert (entry.seq, entry.balance_after, entry.nonce, entry.client) == (1, 20, "n", "shop")
    assert (entry.claim, entry.reverses) == (None, None)


def test_the_entry_that_is_returned_is_the_entry_that_is_stored() -> None:
    returned = post(IMAGINARY, ADD, **post_call()).entry
    stored = Entry.objects.get(pk=returned.pk)
    for field in Entry._meta.concrete_fields:
        assert getattr(returned, field.attname) == getattr(stored, field.attname), field.attname


def test_columns_that_a_query_leaves_out_are_read_when_they_are_asked_for(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1", amount=2)
    with django_assert_num_queries(2):
        entry = Entry.objects.only("nonce").get()
        assert (entry.nonce, entry.amount) == ("1", 2)
    assert entry.get_deferred_fields() == {
        field.attname for field in Entry._meta.concrete_fields if field.attname not in ("id", "nonce", "amount")
    }


def test_apps_share_one_balance() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    entry = post(CHESS, ChessOperation.DUEL, owner_id="alice", nonce="2").entry
    assert (entry.app, entry.seq, entry.balance_after) == ("imaginary_chess", 2, 9)


def test_an_operation_of_no_value_is_recorded_and_moves_nothing() -> None:
    entry = post(IMAGINARY, ImaginaryOperation.CHAT, owner_id="alice", nonce="1", amount=5).entry
    assert (entry.amount, entry.delta, entry.balance_after) == (5, 0, 0)


def test_time_does_not_go_back_within_an_owners_entries() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    future = datetime.now(UTC) + timedelta(hours=1)  # for example another replica's clock
    Account.objects.update(updated_on=future)
    assert post(IMAGINARY, ADD, owner_id="alice", nonce="2").entry.created_on == future


def test_the_same_request_again_returns_the_first_entry() -> None:
    first = post(IMAGINARY, ADD, owner_id="alice", nonce="n")
    post(IMAGINARY, ADD, owner_id="alice", nonce="other")
    again = post(IMAGINARY, ADD, owner_id="alice", nonce="n")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.entry == first.entry
    assert Account.objects.get(owner_id="alice").balance == 20


def test_the_retry_of_a_debit_that_took_the_last_credits_is_a_replay() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    first = post(IMAGINARY, SPEND, owner_id="alice", nonce="2", amount=10)
    assert post(IMAGINARY, SPEND, owner_id="alice", nonce="2", amount=10).entry == first.entry


def test_a_nonce_belongs_to_its_owner() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="n")
    assert not post(IMAGINARY, ADD, owner_id="bob", nonce="n").replayed


@pytest.mark.parametrize(
    ("again", "fields"),
    [
        (lambda: post(IMAGINARY, ADD, owner_id="alice", nonce="n", amount=2), ["amount"]),
        (lambda: post(IMAGINARY, SPEND, owner_id="alice", nonce="n"), ["operation"]),
        (lambda: post(CHESS, ADD, owner_id="alice", nonce="n"), ["app"]),
        (lambda: post(CHESS, SPEND, owner_id="alice", nonce="n", amount=99), ["app", "operation", "amount"]),
    ],
)
def test_a_nonce_of_another_request_is_refused_with_what_differs(
    again: Callable[[], object], fields: list[str]
) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="n")
    with pytest.raises(NonceReused) as refusal:
        again()
    assert refusal.value.data == {"fields": fields}
    assert Account.objects.get(owner_id="alice").seq == 1


def test_a_debit_below_zero_is_refused_and_leaves_the_nonce_free() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    with pytest.raises(InsufficientBalance):
        post(IMAGINARY, SPEND, owner_id="alice", nonce="2", amount=11)
    assert Account.objects.get(owner_id="alice").balance == 10

    post(IMAGINARY, ADD, owner_id="alice", nonce="3")
    assert not post(IMAGINARY, SPEND, owner_id="alice", nonce="2", amount=11).replayed


def test_a_debit_without_an_account_is_refused_and_makes_none() -> None:
    with pytest.raises(InsufficientBalance):
        post(IMAGINARY, SPEND, owner_id="alice", nonce="1")
    assert not Account.objects.exists()


def test_a_balance_past_bigint_is_refused() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1", amount=MAX_CREDITS // 10)
    with pytest.raises(BalanceTooLarge):
        post(IMAGINARY, ADD, owner_id="alice", nonce="2")
    assert Account.objects.get(owner_id="alice").balance == MAX_CREDITS // 10 * 10


@pytest.mark.parametrize(
    "fields", [{"owner_id": ""}, {"nonce": "a\n"}, {"amount": 0}, {"amount": MAX_CREDITS}, {"amount": 1.5}]
)
def test_a_request_that_is_not_valid_writes_nothing(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        post(IMAGINARY, ADD, **post_call(**fields))
    assert not Entry.objects.exists()


def test_another_apps_operation_is_refused() -> None:
    with pytest.raises(InvalidOperation):
        post(IMAGINARY, ChessOperation.DUEL, owner_id="alice", nonce="1")  # type: ignore[misc]
    assert not Entry.objects.exists()


def test_a_refusal_does_not_spoil_a_surrounding_transaction() -> None:
    with transaction.atomic():
        post(IMAGINARY, ADD, owner_id="alice", nonce="1")
        with pytest.raises(InsufficientBalance):
            post(IMAGINARY, SPEND, owner_id="alice", nonce="2", amount=11)
        post(IMAGINARY, SPEND, owner_id="alice", nonce="3", amount=10)
    assert Account.objects.get(owner_id="alice").balance == 0


def test_an_entry_of_a_transaction_that_is_rolled_back_never_was() -> None:
    with transaction.atomic():
        post(IMAGINARY, ADD, owner_id="alice", nonce="1")
        transaction.set_rollback(True)
    assert not Account.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_post_is_one_query_and_a_replay_is_two(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    with django_assert_num_queries(2):
        post(IMAGINARY, ADD, owner_id="alice", nonce="1")


@pytest.mark.django_db(transaction=True)
def test_the_statement_is_prepared_once_whatever_the_size_of_its_numbers() -> None:
    connection.close()  # and with it what other tests have prepared
    for nonce, amount in enumerate([1, 1, 2**15, 2**31, 2**40]):
        post(IMAGINARY, ImaginaryOperation.LOOT, owner_id="alice", nonce=str(nonce), amount=amount)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '-- Posts an item and returns%'"
        )
        assert cursor.fetchone() == (1,)


def test_what_is_no_refusal_stays_the_database_s_error() -> None:
    """A constraint that only a bug can violate must not look like the caller's mistake."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('ledger_append'::regproc)")
        (definition,) = cursor.fetchone()
        cursor.execute(definition.replace("account.seq + 1", "least(account.seq + 1, 2)"), None)
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    post(IMAGINARY, ADD, owner_id="alice", nonce="2")
    with rejected_by(constraints.SEQUENCE):
        post(IMAGINARY, ADD, owner_id="alice", nonce="3")
