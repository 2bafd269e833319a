"""Batches: many entries, all or none."""

import hashlib

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from ledger_core.errors import InvalidRequest
from ledger_core.models import Account, Entry, OpenUnits
from ledger_core.operations import Operation, OperationSet, Plain, Reversal, SharedOperation
from ledger_core.operations.frequency import Once
from ledger_core.posting import MAX_ITEMS, BatchRefused, Item, post, post_batch
from ledger_core.tests.imaginary import ADD, CHESS, IMAGINARY, SPEND, ChessOperation, ImaginaryOperation
from ledger_core.tests.posting.test_books import canonical_form
from ledger_core.tests.posting.test_reversals import TWO_WAYS, TwoWaysOperation
from ledger_core.values import MAX_CREDITS

pytestmark = pytest.mark.django_db

Items = list[Item[SharedOperation | ImaginaryOperation]]
LOOT, DUEL, REMATCH = ImaginaryOperation.LOOT, ImaginaryOperation.DUEL, ImaginaryOperation.REMATCH


def faults(refusal: pytest.ExceptionInfo[BatchRefused]) -> list[tuple[int, str]]:
    return [(item["index"], item["code"]) for item in refusal.value.data["items"]]


def test_the_entries_come_back_in_the_order_asked() -> None:
    posted = post_batch(IMAGINARY, [Item(ADD, "zoe", "1"), Item(ADD, "alice", "1"), Item(SPEND, "zoe", "2", 3)])
    assert [(p.entry.owner_id, p.entry.seq, p.entry.balance_after) for p in posted] == [
        ("zoe", 1, 10),
        ("alice", 1, 10),
        ("zoe", 2, 7),
    ]
    assert dict(Account.objects.values_list("owner_id", "balance")) == {"zoe": 7, "alice": 10}


def test_the_entries_that_are_returned_are_those_that_are_stored() -> None:
    for posted in post_batch(IMAGINARY, [Item(ADD, "alice", "1"), Item(SPEND, "alice", "2")], client="shop"):
        stored = Entry.objects.get(pk=posted.entry.pk)
        for field in Entry._meta.concrete_fields:
            assert getattr(posted.entry, field.attname) == getattr(stored, field.attname), field.attname


def test_it_goes_on_where_single_posts_left_off_and_they_after_it() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    items: Items = [Item(SPEND, "alice", "2"), Item(LOOT, "alice", "3", 2)]
    batch = post_batch(IMAGINARY, items)
    last = post(IMAGINARY, SPEND, owner_id="alice", nonce="4")
    assert [posted.entry.seq for posted in (*batch, last)] == [2, 3, 4]
    assert last.entry.balance_after == Account.objects.get().balance == 22


def test_its_entries_are_chained_like_any_others() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="0")
    post_batch(IMAGINARY, [Item(LOOT, "alice", "1"), Item(LOOT, "bob", "1"), Item(DUEL, "alice", "2 ü 🎲")], client="x")
    previous = b""
    for entry in Entry.objects.filter(owner_id="alice").order_by("seq"):
        assert entry.hash == hashlib.sha256(previous + canonical_form(entry)).digest()
        previous = bytes(entry.hash)
    assert Account.objects.get(owner_id="alice").head == previous


def test_an_overdraft_refuses_all_of_it_and_names_the_items() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="0")
    items = [Item(ADD, "bob", "1"), Item(SPEND, "alice", "1", 8), Item(SPEND, "alice", "2", 8), Item(SPEND, "bob", "2")]
    with pytest.raises(BatchRefused) as refusal:
        post_batch(IMAGINARY, items)
    assert faults(refusal) == [(2, "insufficient-balance")]
    assert refusal.value.data["items"][0]["balance"] == 2
    assert Entry.objects.count() == 1
    assert Account.objects.count() == 1


def test_a_balance_may_not_be_below_zero_on_the_way_even_if_it_is_not_in_the_end() -> None:
    with pytest.raises(BatchRefused) as refusal:
        post_batch(IMAGINARY, [Item(SPEND, "alice", "1"), Item(ADD, "alice", "2")])
    assert faults(refusal) == [(0, "insufficient-balance")]
    post_batch(IMAGINARY, [Item(ADD, "alice", "2"), Item(SPEND, "alice", "1")])


def test_a_balance_past_bigint_is_refused() -> None:
    most = MAX_CREDITS // 10
    with pytest.raises(BatchRefused) as refusal:
        post_batch(IMAGINARY, [Item(ADD, "alice", "1", most), Item(ADD, "alice", "2", most)])
    assert faults(refusal) == [(1, "balance-too-large")]


def test_every_kind_of_fault_is_named_at_once() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    items: Items = [
        Item(SPEND, "alice", "1"),
        Item(REMATCH, "alice", "2", 1, 77),
        Item(SPEND, "bob", "1"),
        Item(ADD, "eve", "1"),
    ]
    with pytest.raises(BatchRefused) as refusal:
        post_batch(IMAGINARY, items)
    assert faults(refusal) == [(0, "nonce-reused"), (1, "not-reversible"), (2, "insufficient-balance")]


def test_what_is_not_valid_is_named_by_its_index_and_nothing_is_written() -> None:
    items = [Item(ADD, "alice", "1"), Item(ADD, "", "2"), Item(ADD, "alice", "1"), Item(ADD, "alice", "3", 0)]
    with pytest.raises(BatchRefused) as refusal:
        post_batch(IMAGINARY, items)
    assert faults(refusal) == [(1, "invalid-request"), (3, "invalid-request")]
    assert not Entry.objects.exists()


def test_a_nonce_twice_is_refused() -> None:
    with pytest.raises(BatchRefused) as refusal:
        post_batch(IMAGINARY, [Item(ADD, "alice", "1"), Item(ADD, "bob", "1"), Item(ADD, "alice", "1")])
    assert faults(refusal) == [(2, "invalid-request")]


def test_another_apps_operation_is_refused() -> None:
    foreign = [Item(ChessOperation.DUEL, "alice", "1"), Item(ChessOperation.DUEL, "alice", "2")]
    with pytest.raises(BatchRefused) as refusal:
        post_batch(IMAGINARY, foreign)  # type: ignore[misc]
    assert faults(refusal) == [(0, "invalid-operation"), (1, "invalid-operation")]


def test_the_same_batch_again_is_a_replay() -> None:
    items = [Item(ADD, "alice", "1"), Item(SPEND, "alice", "2", 10), Item(ADD, "bob", "1")]
    first = post_batch(IMAGINARY, items)
    post(IMAGINARY, SPEND, owner_id="bob", nonce="2", amount=10)
    again = post_batch(IMAGINARY, items)
    assert [posted.entry for posted in again] == [posted.entry for posted in first]
    assert all(posted.replayed for posted in again)
    assert Entry.objects.count() == 4


def test_what_was_posted_before_does_not_hinder_the_rest() -> None:
    """A caller that crashed can retry the items in other batches."""
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    posted = post_batch(IMAGINARY, [Item(ADD, "alice", "1"), Item(SPEND, "alice", "2", 10), Item(ADD, "bob", "1")])
    assert [p.replayed for p in posted] == [True, False, False]
    assert [p.entry.seq for p in posted] == [1, 2, 1]


def test_a_changed_item_of_a_replay_is_refused_with_what_differs() -> None:
    post_batch(IMAGINARY, [Item(ADD, "alice", "1"), Item(ADD, "alice", "2")])
    with pytest.raises(BatchRefused) as refusal:
        post_batch(IMAGINARY, [Item(ADD, "alice", "1"), Item(ADD, "alice", "2", 5)])
    (fault,) = refusal.value.data["items"]
    assert (fault["index"], fault["code"], fault["fields"]) == (1, "nonce-reused", ["amount"])


def test_a_refusal_does_not_spoil_a_surrounding_transaction() -> None:
    with transaction.atomic():
        post_batch(IMAGINARY, [Item(ADD, "alice", "1")])
        with pytest.raises(BatchRefused):
            post_batch(IMAGINARY, [Item(ADD, "alice", "2"), Item(SPEND, "bob", "1")])
        assert post_batch(IMAGINARY, [Item(ADD, "alice", "1")])[0].replayed
        post_batch(IMAGINARY, [Item(SPEND, "alice", "2", 10)])
    assert Account.objects.get().balance == 0


def test_reversals_in_one_batch_share_what_is_left() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="0", amount=5)
    duel = post(IMAGINARY, DUEL, owner_id="alice", nonce="duel", amount=4).entry
    post(IMAGINARY, REMATCH, owner_id="alice", nonce="1", reverses=duel.pk)
    with pytest.raises(BatchRefused) as refusal:
        post_batch(IMAGINARY, [Item(REMATCH, "alice", str(n), 2, duel.pk) for n in (2, 3)])
    assert faults(refusal) == [(1, "not-reversible")]
    post_batch(IMAGINARY, [Item(REMATCH, "alice", "2", 2, duel.pk), Item(REMATCH, "alice", "3", 1, duel.pk)])
    assert OpenUnits.objects.get().remaining == 0


def test_one_item_that_may_not_reverse_an_entry_is_not_hidden_by_one_that_may() -> None:
    post(TWO_WAYS, ADD, owner_id="alice", nonce="0")
    rent = post(TWO_WAYS, TwoWaysOperation.RENT, owner_id="alice", nonce="rent", amount=5).entry
    right, wrong = TwoWaysOperation.RETURN, TwoWaysOperation.REFUND
    with pytest.raises(BatchRefused) as refusal:
        post_batch(TWO_WAYS, [Item(right, "alice", "1", 1, rent.pk), Item(wrong, "alice", "2", 1, rent.pk)])
    assert faults(refusal) == [(1, "not-reversible")]


class TollOperation(Operation):
    TOLL = Plain(-20, "Once, and not for nothing.", frequency=Once())
    GIFT = Plain(+20, "Given.")
    REVOKE = Reversal(GIFT, "Taken back.")


TOLLS = OperationSet("tolls", TollOperation)


def test_an_item_at_fault_takes_neither_a_slot_nor_units_from_those_after_it() -> None:
    gift = post(TOLLS, TollOperation.GIFT, owner_id="alice", nonce="1").entry
    post(TOLLS, SPEND, owner_id="alice", nonce="2", amount=15)
    toll, revoke, add = TollOperation.TOLL, TollOperation.REVOKE, ADD
    items: list[Item[SharedOperation | TollOperation]] = [
        Item(toll, "alice", "3"),
        Item(revoke, "alice", "4", 1, gift.pk),
        Item(add, "alice", "5", 4),
        Item(revoke, "alice", "6", 1, gift.pk),
        Item(toll, "alice", "7"),
    ]
    with pytest.raises(BatchRefused) as refusal:
        post_batch(TOLLS, items)
    assert faults(refusal) == [(0, "insufficient-balance"), (1, "insufficient-balance")]
    assert len(post_batch(TOLLS, items[2:])) == 3


@pytest.mark.parametrize("count", [0, MAX_ITEMS + 1])
def test_none_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(InvalidRequest):
        post_batch(IMAGINARY, [Item(ADD, "alice", str(n)) for n in range(count)])


def test_the_most_items_are_posted() -> None:
    posted = post_batch(IMAGINARY, [Item(ADD, f"owner-{n % 7}", str(n)) for n in range(MAX_ITEMS)])
    assert len({p.entry.pk for p in posted}) == MAX_ITEMS
    assert sum(Account.objects.values_list("balance", flat=True)) == 10 * MAX_ITEMS


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_one_query_and_a_replay_is_two(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    items = [Item(ADD, "alice", str(n)) for n in range(10)]
    with django_assert_num_queries(1):
        post_batch(IMAGINARY, items)
    with django_assert_num_queries(2):
        post_batch(IMAGINARY, items)


def test_chess_and_imaginary_share_balances_but_not_batches() -> None:
    post_batch(CHESS, [Item(ADD, "alice", "1")])
    (posted,) = post_batch(IMAGINARY, [Item(SPEND, "alice", "2")])
    assert (posted.entry.app, posted.entry.balance_after) == ("imaginary", 9)
