"""Races on real PostgreSQL: threads, each with its own connection, that start at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import count
from types import ModuleType
from typing import Any, TypeVar

import pytest
from django.db import OperationalError, connection, transaction

from ledger_core.conformance.base import assert_ledger_is_correct
from ledger_core.conformance.races import at_once
from ledger_core.errors import AccountLocked
from ledger_core.models import Account, Entry, OpenUnits
from ledger_core.operations import SharedOperation
from ledger_core.posting import (
    AlreadyClaimed,
    BatchRefused,
    InsufficientBalance,
    Item,
    NonceReused,
    NotReversible,
    Posted,
    batch,
    post,
    post_batch,
    single,
)
from ledger_core.posting.trying import try_item
from ledger_core.tests.imaginary import ADD, CHESS, IMAGINARY, SPEND, ChessOperation, ImaginaryOperation
from ledger_core.tests.posting.test_reversals import priced

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 32
T = TypeVar("T")


def test_writers_on_one_owner_lose_no_credit_and_no_sequence_number() -> None:
    each = 5

    def write(writer: int) -> list[int]:
        return [post(IMAGINARY, ADD, owner_id="hot", nonce=f"{writer}-{i}").entry.seq for i in range(each)]

    seqs = at_once([lambda writer=writer: write(writer) for writer in range(WRITERS)])  # type: ignore[misc]

    assert sorted(seq for numbers in seqs for seq in numbers) == list(range(1, WRITERS * each + 1))  # type: ignore[union-attr]
    assert Account.objects.get(owner_id="hot").balance == WRITERS * each * 10
    assert_ledger_is_correct()


def test_writers_with_one_nonce_post_once_and_all_get_that_entry() -> None:
    outcomes = at_once([lambda: post(IMAGINARY, ADD, owner_id="alice", nonce="once")] * WRITERS)

    posted = [outcome for outcome in outcomes if isinstance(outcome, Posted)]
    assert len(posted) == WRITERS, outcomes
    assert len({outcome.entry.pk for outcome in posted}) == 1
    assert [outcome.replayed for outcome in posted].count(False) == 1
    assert Account.objects.get(owner_id="alice").balance == 10
    assert_ledger_is_correct()


def test_different_requests_with_one_nonce_post_one_and_refuse_the_others() -> None:
    outcomes = at_once(
        [partial(post, IMAGINARY, ADD, owner_id="alice", nonce="n", amount=amount) for amount in range(1, 17)]
    )
    assert Counter(type(outcome) for outcome in outcomes) == {Posted: 1, NonceReused: 15}
    assert_ledger_is_correct()


def test_racing_debits_never_take_a_balance_below_zero() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="credit")

    outcomes = at_once(
        [lambda n=n: post(IMAGINARY, SPEND, owner_id="alice", nonce=str(n), amount=3) for n in range(WRITERS)]  # type: ignore[misc]
    )

    assert Counter(type(outcome) for outcome in outcomes) == {Posted: 3, InsufficientBalance: WRITERS - 3}
    assert Account.objects.get(owner_id="alice").balance == 1
    assert_ledger_is_correct()


def test_debits_and_credits_of_two_apps_on_few_owners_agree() -> None:
    def write(writer: int) -> None:
        for i in range(6):
            owner, nonce = f"owner-{(writer + i) % 3}", f"{writer}-{i}"
            try:
                match (writer + i) % 4:
                    case 0:
                        post(IMAGINARY, ImaginaryOperation.LOOT, owner_id=owner, nonce=nonce)
                    case 1:
                        post(CHESS, ADD, owner_id=owner, nonce=nonce)
                    case 2:
                        post(IMAGINARY, ImaginaryOperation.DUEL, owner_id=owner, nonce=nonce)
                    case _:
                        post(CHESS, ChessOperation.DUEL, owner_id=owner, nonce=nonce, amount=5)
            except InsufficientBalance:
                pass

    outcomes = at_once([lambda writer=writer: write(writer) for writer in range(WRITERS)])  # type: ignore[misc]

    assert outcomes == [None] * WRITERS
    assert_ledger_is_correct()


def test_a_retry_waits_for_the_first_that_is_under_way_and_gets_its_entry() -> None:
    """The first is committed only after the second has begun: the second must neither post nor fail."""
    with ThreadPoolExecutor(1) as threads:
        connection.set_autocommit(False)
        try:
            first = post(IMAGINARY, ADD, owner_id="alice", nonce="n")
            second = threads.submit(at_once, [lambda: post(IMAGINARY, ADD, owner_id="alice", nonce="n")])
            _wait_until_someone_waits_for_a_lock()
        finally:
            connection.commit()
            connection.set_autocommit(True)
    assert second.result() == [Posted(first.entry, replayed=True)]


def test_a_retry_posts_where_the_first_that_was_under_way_failed() -> None:
    with ThreadPoolExecutor(1) as threads:
        connection.set_autocommit(False)
        try:
            post(IMAGINARY, ADD, owner_id="alice", nonce="n")
            second = threads.submit(at_once, [lambda: post(IMAGINARY, ADD, owner_id="alice", nonce="n")])
            _wait_until_someone_waits_for_a_lock()
        finally:
            connection.rollback()
            connection.set_autocommit(True)
    (outcome,) = second.result()
    assert isinstance(outcome, Posted)
    assert not outcome.replayed
    assert_ledger_is_correct()


def test_racing_claims_of_one_slot_take_it_once() -> None:
    outcomes = at_once(
        [partial(post, IMAGINARY, SharedOperation.DAILY_REWARD, owner_id="alice", nonce=str(n)) for n in range(WRITERS)]
    )
    assert Counter(type(outcome) for outcome in outcomes) == {Posted: 1, AlreadyClaimed: WRITERS - 1}
    assert Account.objects.get(owner_id="alice").balance == 1
    assert_ledger_is_correct()


def test_racing_reversals_never_take_back_more_than_there_was() -> None:
    """Refunds of one, two and three units, single and in batches, take back all the units and no more."""
    post(IMAGINARY, ADD, owner_id="alice", nonce="credit", amount=100)
    duel = post(IMAGINARY, ImaginaryOperation.DUEL, owner_id="alice", nonce="duel", amount=20).entry.pk
    rematch = ImaginaryOperation.REMATCH

    def reverse(n: int) -> int:
        amount = n % 3 + 1
        if n % 4:
            post(IMAGINARY, rematch, owner_id="alice", nonce=str(n), amount=amount, reverses=duel)
        else:
            post_batch(IMAGINARY, [Item(rematch, "alice", str(n), amount, duel)])
        return amount

    outcomes = at_once([lambda n=n: reverse(n) for n in range(WRITERS)])  # type: ignore[misc]

    assert {type(outcome) for outcome in outcomes} == {int, NotReversible, BatchRefused}
    taken_back = sum(outcome for outcome in outcomes if isinstance(outcome, int))
    assert OpenUnits.objects.get().remaining == 20 - taken_back
    assert taken_back >= 18  # a rejection means that fewer units were left than the request asked for
    assert_ledger_is_correct()


def test_refunds_race_posts_of_another_price_and_move_back_what_was_paid() -> None:
    """During an upgrade that changes a price, replicas of both versions sell, and refund what the other sold."""
    post(IMAGINARY, ADD, owner_id="alice", nonce="credit", amount=100)
    versions = [priced(-10), priced(-12)]
    sold = [
        post(shop, sale, owner_id="alice", nonce=f"sale-{n}", amount=8).entry
        for n, (shop, sale, _) in enumerate(versions)
    ]

    def buy_and_refund(n: int) -> None:
        shop, sale, refund = versions[n % 2]
        entry = sold[n // 2 % 2].pk
        if n % 8 < 4:
            post(shop, refund, owner_id="alice", nonce=f"{n}", reverses=entry)
            post(shop, sale, owner_id="alice", nonce=f"{n}-sale")
        else:
            post_batch(shop, [Item(refund, "alice", f"{n}", 1, entry), Item(sale, "alice", f"{n}-sale")])

    assert set(at_once([lambda n=n: buy_and_refund(n) for n in range(16)])) == {None}  # type: ignore[misc]

    refunds = Entry.objects.filter(operation="REFUND")
    assert Counter(refunds.values_list("reverses", "delta")) == {(sold[0].pk, 10): 8, (sold[1].pk, 12): 8}
    assert Account.objects.get().balance == 1000 - 8 * 10 - 8 * 12
    assert_ledger_is_correct()


def test_batches_over_the_same_owners_in_opposite_order_never_deadlock() -> None:
    """For new and known owners, with single posts in between. PostgreSQL would end a deadlock with an error."""
    owners = [f"owner-{n}" for n in range(20)]
    for owner in owners[::3]:
        post(IMAGINARY, ADD, owner_id=owner, nonce="0")

    def write(writer: int) -> None:
        for turn in range(6):
            ordered = owners if (writer + turn) % 2 else owners[::-1]
            post_batch(IMAGINARY, [Item(ADD, owner, f"{writer}-{turn}") for owner in ordered])
            post(IMAGINARY, ADD, owner_id=ordered[writer % 20], nonce=f"{writer}-{turn}-single")

    outcomes = at_once([lambda writer=writer: write(writer) for writer in range(16)])  # type: ignore[misc]

    assert outcomes == [None] * 16
    assert Entry.objects.count() == 7 + 16 * 6 * 21
    assert_ledger_is_correct()


def test_one_batch_from_many_is_posted_once_and_all_get_its_entries() -> None:
    items = [Item(ADD, f"owner-{n % 5}", str(n)) for n in range(50)]
    outcomes = at_once([lambda: [posted.entry.pk for posted in post_batch(IMAGINARY, items)]] * 16)
    assert len({tuple(outcome) for outcome in outcomes if isinstance(outcome, list)}) == 1, outcomes
    assert not any(isinstance(outcome, Exception) for outcome in outcomes)
    assert Entry.objects.count() == 50
    assert_ledger_is_correct()


def test_batches_that_share_items_post_each_once() -> None:
    """Items that others post while a rejection is explained are replays, and the rest is posted."""

    def write(writer: int) -> int:
        return len(post_batch(IMAGINARY, [Item(ADD, f"owner-{n % 4}", str(n)) for n in range(writer, writer + 10)]))

    outcomes = at_once([lambda writer=writer: write(writer) for writer in range(16)])  # type: ignore[misc]
    assert outcomes == [10] * 16
    assert Entry.objects.count() == 25
    assert_ledger_is_correct()


def _wait_until_someone_waits_for_a_lock() -> None:
    with connection.cursor() as cursor:
        for _ in range(3000):
            cursor.execute("SELECT count(*), pg_sleep(0.01) FROM pg_locks WHERE NOT granted")
            row = cursor.fetchone()
            if row and row[0]:
                return
    raise AssertionError("nobody waited")


@pytest.mark.parametrize("module", [single, batch], ids=["post", "batch"])
def test_a_request_that_loses_every_race_is_told_to_retry(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """Another client takes the credits before each attempt, and gives them back before the rejection is explained."""
    post(IMAGINARY, ADD, owner_id="alice", nonce="first")
    nonces = map(str, count())
    insert, try_ = module._insert, module.outcomes_of

    def taken(requests: Any) -> Any:
        _other(SPEND, next(nonces), 10)
        return insert(requests)

    def given_back(requests: Any) -> Any:
        _other(ADD, next(nonces), 1)
        return try_(requests)

    def spend() -> Posted:
        item = Item(SPEND, "alice", "spent", 10)
        return post_batch(IMAGINARY, [item])[0] if module is batch else single.post_item(IMAGINARY, item)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_insert", taken)
        patch.setattr(module, "outcomes_of", given_back)
        with pytest.raises(AccountLocked, match="retry with the same nonce"):
            spend()
    assert not spend().replayed
    assert_ledger_is_correct()


def _other(operation: SharedOperation, nonce: str, amount: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_post('alice', 'imaginary', '', jsonb_populate_record(NULL::ledger_item, jsonb_build_object("
            "'operation', %s::text, 'amount', %s, 'delta', %s, 'nonce', %s::text)))",
            [operation.code, amount, operation.delta(amount), nonce],
        )


@pytest.mark.parametrize("how", ["post", "batch", "dry run"])
def test_a_column_that_is_added_while_a_request_waits_fails_no_request(how: str) -> None:
    """A function of the database takes the columns of an entry when it starts, and inserts it after it has waited."""
    item = Item(ADD, "alice", "waits")
    requests: dict[str, Any] = {
        "post": lambda: single.post_item(IMAGINARY, item),
        "batch": lambda: post_batch(IMAGINARY, [item])[0],
        "dry run": lambda: try_item(IMAGINARY, item),
    }
    post(IMAGINARY, ADD, owner_id="alice", nonce="first")

    def wait() -> Posted:
        try:
            posted: Posted = requests[how]()
            return posted
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            Account.objects.select_for_update().get(pk="alice")
            other = connection.copy()
            waiting = thread.submit(wait)
            _wait_until_someone_waits_for_a_lock()
            with closing(other), other.cursor() as cursor:
                cursor.execute("SET lock_timeout = '100ms'")
                with pytest.raises(OperationalError, match="lock timeout"):
                    cursor.execute("ALTER TABLE ledger_entry ADD COLUMN note text")
        assert not waiting.result().replayed
