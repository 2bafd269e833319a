"""Dry runs beside posts, on real connections: they lock as posts do, and leave nothing."""

from typing import Any

import pytest

from ledger_core.conformance.base import assert_ledger_is_correct
from ledger_core.conformance.races import at_once
from ledger_core.errors import AccountLocked
from ledger_core.models import Account, Entry
from ledger_core.posting import MAX_ITEMS, BatchRefused, Item, post, post_batch
from ledger_core.posting.single import post_item
from ledger_core.posting.trying import try_item, try_items
from ledger_core.tests.conftest import locked
from ledger_core.tests.imaginary import ADD, IMAGINARY, SPEND, ImaginaryOperation

Told = set[tuple[int, int]]

pytestmark = pytest.mark.django_db(transaction=True)


def test_dry_runs_and_posts_over_the_same_owners_never_deadlock() -> None:
    """In opposite orders, for new and known owners. PostgreSQL would end a deadlock with an error."""
    owners = [f"owner-{n}" for n in range(20)]
    for owner in owners[::3]:
        post(IMAGINARY, ADD, owner_id=owner, nonce="0")

    def write(writer: int) -> None:
        for turn in range(4):
            ordered = owners if (writer + turn) % 2 else owners[::-1]
            items = [Item(ADD, owner, f"{writer}-{turn}") for owner in ordered]
            if writer % 2:
                assert not any(posted.replayed for posted in try_items(IMAGINARY, items))
            else:
                post_batch(IMAGINARY, items)
            try_item(IMAGINARY, Item(ADD, ordered[writer], f"{writer}-{turn}-tried"))

    assert at_once([lambda writer=writer: write(writer) for writer in range(16)]) == [None] * 16  # type: ignore[misc]
    assert Entry.objects.count() == 7 + 8 * 4 * 20
    assert_ledger_is_correct()


def test_what_a_dry_run_tells_was_true_at_one_moment() -> None:
    """Posts of one owner keep its balance at 0 or 10. A dry run sees no other, and takes no number of a post."""

    def write() -> Told:
        for turn in range(15):
            add, spend = Item(ADD, "alice", f"add-{turn}"), Item(SPEND, "alice", f"spend-{turn}", 10)
            post_item(IMAGINARY, add)
            post_item(IMAGINARY, spend)
        return set()

    def tell(reader: int) -> Told:
        tried = [try_item(IMAGINARY, Item(ADD, "alice", f"tried-{reader}-{turn}")).entry for turn in range(15)]
        return {(entry.seq % 2, entry.balance_after) for entry in tried}

    told = at_once([write, *[lambda n=n: tell(n) for n in range(4)]])
    assert not any(isinstance(outcome, Exception) for outcome in told), told
    assert {pair for pairs in told if isinstance(pairs, set) for pair in pairs} <= {(1, 10), (0, 20)}
    assert Entry.objects.count() == 30
    assert_ledger_is_correct()


def test_a_dry_run_waits_for_a_locked_account_as_a_post_does() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="first")
    item = Item(ADD, "alice", "waits")
    with locked("alice"):
        with pytest.raises(AccountLocked):
            try_item(IMAGINARY, item)
        with pytest.raises(AccountLocked):
            try_items(IMAGINARY, [item, Item(ADD, "bob", "waits")])
    assert not try_item(IMAGINARY, item).replayed
    assert list(Account.objects.values_list("pk", flat=True)) == ["alice"]


def test_the_largest_batch_is_told_as_it_is_posted() -> None:
    items = [Item(SPEND if n > 20 and n % 3 else ADD, f"owner-{n % 7}", str(n), 1 + n % 2) for n in range(MAX_ITEMS)]
    told = [posted.entry for posted in try_items(IMAGINARY, items)]
    assert not Entry.objects.exists()
    posted = [posted.entry for posted in post_batch(IMAGINARY, items)]
    for mine, real in zip(told, posted, strict=True):
        assert (mine.seq, mine.delta, mine.balance_after) == (real.seq, real.delta, real.balance_after)
    assert_ledger_is_correct()


def test_the_largest_rejected_batch_is_told_as_it_is_rejected() -> None:
    """Every second item is at fault, for three reasons."""
    first = post(IMAGINARY, ADD, owner_id="alice", nonce="first").entry
    items: list[Item[Any]] = [Item(ADD, "alice", "first", 2)]
    for n in range(MAX_ITEMS - 1):
        if n % 2:
            items.append(Item(ADD, f"owner-{n % 7}", str(n)))
        elif n % 4:
            items.append(Item(SPEND, "poor", str(n)))
        else:
            items.append(Item(ImaginaryOperation.REMATCH, "alice", str(n), 1, first.pk))
    with pytest.raises(BatchRefused) as told:
        try_items(IMAGINARY, items)
    with pytest.raises(BatchRefused) as refused:
        post_batch(IMAGINARY, items)
    assert told.value.data == refused.value.data
    assert len(told.value.data["items"]) == 501
    assert Entry.objects.count() == 1
