"""Races on real PostgreSQL: real threads, each on a connection of its own, let go at one moment."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection
from django.db.models import Sum

from ledger_core.models import Account, Entry
from ledger_core.posting import InsufficientBalance, NonceReused, Posted, post
from ledger_core.tests.gaming import ADD, CHESS, GAMING, SPEND, ChessOperation, GamingOperation

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 32
T = TypeVar("T")


def race(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Make the calls at once and return what each returned or raised, in order."""
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        connection.ensure_connection()
        start.wait(timeout=30)
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def assert_the_books_agree() -> None:
    """Each balance is the sum of its deltas; each history is 1, 2, 3 …, and each entry left what the next found."""
    for account in Account.objects.all():
        entries = list(Entry.objects.filter(owner=account).order_by("seq"))
        assert [entry.seq for entry in entries] == list(range(1, account.seq + 1))
        balance = 0
        for entry in entries:
            balance += entry.delta
            assert entry.balance_after == balance >= 0
        assert account.balance == balance
        assert account.head == entries[-1].hash
    total = Account.objects.aggregate(total=Sum("balance"))["total"]
    assert total == Entry.objects.aggregate(total=Sum("delta"))["total"]


def test_writers_on_one_owner_lose_no_credit_and_no_sequence_number() -> None:
    each = 5

    def write(writer: int) -> list[int]:
        return [post(GAMING, ADD, owner_id="hot", nonce=f"{writer}-{i}").entry.seq for i in range(each)]

    seqs = race([lambda writer=writer: write(writer) for writer in range(WRITERS)])  # type: ignore[misc]

    assert sorted(seq for numbers in seqs for seq in numbers) == list(range(1, WRITERS * each + 1))  # type: ignore[union-attr]
    assert Account.objects.get(owner_id="hot").balance == WRITERS * each * 10
    assert_the_books_agree()


def test_writers_with_one_nonce_post_once_and_all_get_that_entry() -> None:
    outcomes = race([lambda: post(GAMING, ADD, owner_id="alice", nonce="once")] * WRITERS)

    posted = [outcome for outcome in outcomes if isinstance(outcome, Posted)]
    assert len(posted) == WRITERS, outcomes
    assert len({outcome.entry.pk for outcome in posted}) == 1
    assert [outcome.replayed for outcome in posted].count(False) == 1
    assert Account.objects.get(owner_id="alice").balance == 10
    assert_the_books_agree()


def test_different_requests_with_one_nonce_post_one_and_refuse_the_others() -> None:
    outcomes = race(
        [lambda amount=amount: post(GAMING, ADD, owner_id="alice", nonce="n", amount=amount) for amount in range(1, 17)]  # type: ignore[misc]
    )
    assert Counter(type(outcome) for outcome in outcomes) == {Posted: 1, NonceReused: 15}
    assert_the_books_agree()


def test_racing_debits_never_take_a_balance_below_zero() -> None:
    post(GAMING, ADD, owner_id="alice", nonce="credit")

    outcomes = race(
        [lambda n=n: post(GAMING, SPEND, owner_id="alice", nonce=str(n), amount=3) for n in range(WRITERS)]  # type: ignore[misc]
    )

    assert Counter(type(outcome) for outcome in outcomes) == {Posted: 3, InsufficientBalance: WRITERS - 3}
    assert Account.objects.get(owner_id="alice").balance == 1
    assert_the_books_agree()


def test_debits_and_credits_of_two_apps_on_few_owners_agree() -> None:
    def write(writer: int) -> None:
        for i in range(6):
            owner, nonce = f"owner-{(writer + i) % 3}", f"{writer}-{i}"
            try:
                match (writer + i) % 4:
                    case 0:
                        post(GAMING, GamingOperation.LOOT, owner_id=owner, nonce=nonce)
                    case 1:
                        post(CHESS, ADD, owner_id=owner, nonce=nonce)
                    case 2:
                        post(GAMING, GamingOperation.DUEL, owner_id=owner, nonce=nonce)
                    case _:
                        post(CHESS, ChessOperation.DUEL, owner_id=owner, nonce=nonce, amount=5)
            except InsufficientBalance:
                pass

    outcomes = race([lambda writer=writer: write(writer) for writer in range(WRITERS)])  # type: ignore[misc]

    assert outcomes == [None] * WRITERS
    assert_the_books_agree()


def test_a_retry_waits_for_the_first_that_is_under_way_and_gets_its_entry() -> None:
    """The first is committed only after the second has begun: the second must neither post nor fail."""
    with ThreadPoolExecutor(1) as threads:
        connection.set_autocommit(False)
        try:
            first = post(GAMING, ADD, owner_id="alice", nonce="n")
            second = threads.submit(race, [lambda: post(GAMING, ADD, owner_id="alice", nonce="n")])
            _wait_until_someone_waits_for_a_lock()
        finally:
            connection.commit()
            connection.set_autocommit(True)
    assert second.result() == [Posted(first.entry, replayed=True)]


def test_a_retry_posts_where_the_first_that_was_under_way_failed() -> None:
    with ThreadPoolExecutor(1) as threads:
        connection.set_autocommit(False)
        try:
            post(GAMING, ADD, owner_id="alice", nonce="n")
            second = threads.submit(race, [lambda: post(GAMING, ADD, owner_id="alice", nonce="n")])
            _wait_until_someone_waits_for_a_lock()
        finally:
            connection.rollback()
            connection.set_autocommit(True)
    (outcome,) = second.result()
    assert isinstance(outcome, Posted)
    assert not outcome.replayed
    assert_the_books_agree()


def _wait_until_someone_waits_for_a_lock() -> None:
    with connection.cursor() as cursor:
        for _ in range(3000):
            cursor.execute("SELECT count(*), pg_sleep(0.01) FROM pg_locks WHERE NOT granted")
            row = cursor.fetchone()
            if row and row[0]:
                return
    raise AssertionError("nobody waited")
