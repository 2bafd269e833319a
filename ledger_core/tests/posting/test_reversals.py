"""Reversals: each unit of an entry can be reversed once, in parts or all together."""

from typing import Any

import pytest
from msgspec.structs import asdict

from ledger_core.conformance.base import assert_ledger_is_correct
from ledger_core.errors import InvalidRequest, LedgerError
from ledger_core.models import Account, Entry, OpenUnits
from ledger_core.operations import Operation, OperationSet, Plain, Reversal
from ledger_core.posting import (
    BatchRefused,
    InsufficientBalance,
    Item,
    NonceReused,
    NotReversible,
    Posted,
    post,
    post_batch,
)
from ledger_core.tests.imaginary import ADD, CHESS, IMAGINARY, ChessOperation, ImaginaryOperation
from ledger_core.values import MAX_CREDITS

pytestmark = pytest.mark.django_db

DUEL, REMATCH, CHAT = ImaginaryOperation.DUEL, ImaginaryOperation.REMATCH, ImaginaryOperation.CHAT


@pytest.fixture
def duel() -> Entry:
    """Return the entry of three units that alice paid for."""
    post(IMAGINARY, ADD, owner_id="alice", nonce="credit", amount=10)
    return post(IMAGINARY, DUEL, owner_id="alice", nonce="duel", amount=3).entry


def rematch(entry: Entry, nonce: str, amount: int = 1, owner_id: str = "alice") -> Posted:
    return post(IMAGINARY, REMATCH, owner_id=owner_id, nonce=nonce, amount=amount, reverses=entry.pk)


def test_it_is_taken_back_at_once(duel: Entry) -> None:
    entry = rematch(duel, "1", amount=3).entry
    assert (entry.reverses, entry.delta, entry.balance_after) == (duel.pk, 21, 100)
    assert OpenUnits.objects.get(pk=duel.pk).remaining == 0


def test_it_is_taken_back_in_parts_and_no_further(duel: Entry) -> None:
    rematch(duel, "1")
    rematch(duel, "2", amount=2)
    with pytest.raises(NotReversible, match=r"entry \d+: 0 of 3") as refusal:
        rematch(duel, "3")
    assert refusal.value.data == {"remaining": 0}
    assert Account.objects.get(pk="alice").balance == 100


def test_more_units_than_are_left_are_refused_and_leave_no_trace(duel: Entry) -> None:
    rematch(duel, "1", amount=2)
    with pytest.raises(NotReversible) as refusal:
        rematch(duel, "2", amount=2)
    assert refusal.value.data == {"remaining": 1}
    assert not rematch(duel, "2").replayed


def test_more_units_than_there_ever_were_are_refused_at_once(duel: Entry) -> None:
    with pytest.raises(NotReversible) as refusal:
        rematch(duel, "1", amount=4)
    assert refusal.value.data == {"remaining": 3}
    assert not OpenUnits.objects.exists()


def test_its_retry_is_a_replay(duel: Entry) -> None:
    first = rematch(duel, "1", amount=3)
    again = rematch(duel, "1", amount=3)
    assert (again.entry, again.replayed) == (first.entry, True)


def test_its_nonce_with_another_entry_is_refused(duel: Entry) -> None:
    other = post(IMAGINARY, DUEL, owner_id="alice", nonce="other").entry
    rematch(duel, "1")
    with pytest.raises(NonceReused) as refusal:
        rematch(other, "1")
    assert refusal.value.data == {"fields": ["reverses"]}


def test_an_entry_of_another_owner_is_refused(duel: Entry) -> None:
    with pytest.raises(NotReversible, match="bob has no DUEL entry with the id"):
        rematch(duel, "1", owner_id="bob")
    assert not Account.objects.filter(pk="bob").exists()


def test_an_entry_of_another_operation_is_refused(duel: Entry) -> None:
    credit = Entry.objects.get(nonce="credit")
    with pytest.raises(NotReversible, match="alice has no DUEL"):
        rematch(credit, "1")


def test_another_apps_entry_of_that_operation_is_refused(duel: Entry) -> None:
    theirs = post(CHESS, ChessOperation.DUEL, owner_id="alice", nonce="theirs").entry
    with pytest.raises(NotReversible):
        rematch(theirs, "1")


def test_an_entry_that_is_not_there_is_refused(duel: Entry) -> None:
    with pytest.raises(NotReversible):
        post(IMAGINARY, REMATCH, owner_id="alice", nonce="1", reverses=MAX_CREDITS)


class TwoWaysOperation(Operation):
    """Return two operations, each with its reversal."""

    RENT = Plain(-1, "Rented.")
    BUY = Plain(-1, "Bought.")
    RETURN = Reversal(RENT, "Brought back.")
    REFUND = Reversal(BUY, "Given back.")


TWO_WAYS = OperationSet("two_ways", TwoWaysOperation)


def test_what_is_partly_reversed_by_one_operation_is_not_open_to_another() -> None:
    post(TWO_WAYS, ADD, owner_id="alice", nonce="credit")
    rent = post(TWO_WAYS, TwoWaysOperation.RENT, owner_id="alice", nonce="rent", amount=5).entry
    post(TWO_WAYS, TwoWaysOperation.RETURN, owner_id="alice", nonce="1", reverses=rent.pk)
    with pytest.raises(NotReversible):
        post(TWO_WAYS, TwoWaysOperation.REFUND, owner_id="alice", nonce="2", reverses=rent.pk)


class FreeOperation(Operation):
    LOOK = Plain(0, "Moves nothing, however often.")
    FORGET = Reversal(LOOK, "Nor does this.")


def test_the_largest_amounts_are_counted_down_without_overflow() -> None:
    free = OperationSet("free", FreeOperation)
    look = post(free, FreeOperation.LOOK, owner_id="alice", nonce="1", amount=MAX_CREDITS).entry
    post(free, FreeOperation.FORGET, owner_id="alice", nonce="2", amount=MAX_CREDITS - 1, reverses=look.pk)
    with pytest.raises(NotReversible):
        post(free, FreeOperation.FORGET, owner_id="alice", nonce="3", amount=MAX_CREDITS, reverses=look.pk)
    post(free, FreeOperation.FORGET, owner_id="alice", nonce="3", reverses=look.pk)


def test_a_reversal_that_takes_credits_needs_them() -> None:
    class GiftOperation(Operation):
        GIFT = Plain(+5, "Given.")
        REVOKE = Reversal(GIFT, "Taken back.")

    gifts = OperationSet("gifts", GiftOperation)
    gift = post(gifts, GiftOperation.GIFT, owner_id="alice", nonce="1").entry
    post(IMAGINARY, ImaginaryOperation.LOOT, owner_id="alice", nonce="2")
    post(IMAGINARY, DUEL, owner_id="alice", nonce="3")
    post(CHESS, ChessOperation.DUEL, owner_id="alice", nonce="4")
    with pytest.raises(InsufficientBalance):
        post(gifts, GiftOperation.REVOKE, owner_id="alice", nonce="5", reverses=gift.pk)
    assert not OpenUnits.objects.exists()


@pytest.mark.parametrize("reverses", [None, 0, -1, MAX_CREDITS + 1, "1"])
def test_the_entry_must_be_named(reverses: int | None) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        post(IMAGINARY, REMATCH, owner_id="alice", nonce="1", reverses=reverses)
    assert refusal.value.data["errors"][0]["field"] == "reverses"


def test_an_operation_that_reverses_nothing_takes_no_entry(duel: Entry) -> None:
    with pytest.raises(InvalidRequest, match="reverses: LOOT does not take it"):
        post(IMAGINARY, ImaginaryOperation.LOOT, owner_id="alice", nonce="1", reverses=duel.pk)


def priced(value: int) -> tuple[OperationSet[Any], Any, Any]:
    """Return a shop whose sale has this value, the sale, and its refund."""

    class ShopOperation(Operation):
        SALE = Plain(value, "Sold.")
        REFUND = Reversal(SALE, "Given back.")

    return OperationSet("shop", ShopOperation), ShopOperation.SALE, ShopOperation.REFUND


PRICES = [(-10, -12), (-12, -10), (-10, 0), (0, -10), (-10, 10), (5, 3), (3, 5), (-1, -MAX_CREDITS), (5, MAX_CREDITS)]


@pytest.mark.parametrize(("then", "now"), PRICES)
@pytest.mark.parametrize("how", ["single", "batch"])
def test_it_moves_back_what_the_entry_moved_whatever_the_operation_is_worth_now(how: str, then: int, now: int) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="credit", amount=10)
    shop, sale, _ = priced(then)
    sold = post(shop, sale, owner_id="alice", nonce="sale", amount=3).entry
    shop, _, refund = priced(now)
    if how == "single":
        entries = [post(shop, refund, owner_id="alice", nonce=str(n), amount=n, reverses=sold.pk).entry for n in (1, 2)]
    else:
        batch = post_batch(shop, [Item(refund, "alice", str(n), n, sold.pk) for n in (1, 2)])
        entries = [posted.entry for posted in batch]
    assert [entry.delta for entry in entries] == [-then, -2 * then]
    assert Account.objects.get().balance == 100
    assert_ledger_is_correct()


@pytest.mark.parametrize("how", ["single", "batch"])
def test_credits_that_are_taken_back_at_the_old_price_have_to_be_there(how: str) -> None:
    shop, sale, _ = priced(+10)
    gift = post(shop, sale, owner_id="alice", nonce="sale", amount=3).entry
    post(IMAGINARY, ImaginaryOperation.DUEL, owner_id="alice", nonce="duel", amount=2)  # 16 are left
    shop, sale, refund = priced(+1)
    items = [Item(refund, "alice", str(n), 1, gift.pk) for n in range(3)]
    if how == "single":
        post(shop, refund, owner_id="alice", nonce="0", reverses=gift.pk)
        with pytest.raises(InsufficientBalance, match="alice has 6 credits, and REFUND × 1 takes 10") as refusal:
            post(shop, refund, owner_id="alice", nonce="1", reverses=gift.pk)
        assert refusal.value.data.items() >= {"balance": 6, "available": 6}.items()
    else:
        with pytest.raises(BatchRefused) as refused:
            post_batch(shop, items)
        faults = [(item["index"], item["code"], item["balance"]) for item in refused.value.data["items"]]
        assert faults == [(1, "insufficient-balance", 6), (2, "insufficient-balance", 6)]
        # An earlier item of the batch counts, at the present value.
        post_batch(shop, [items[0], Item(sale, "alice", "more", 4), items[1]])
        assert Account.objects.get().balance == 0
    assert_ledger_is_correct()


def refused(how: str, operations: OperationSet[Any], item: Item[Any]) -> dict[str, Any]:
    """Post the item, alone or in a batch, and return the code and the data of its rejection."""
    try:
        if how == "batch":
            post_batch(operations, [item])
        else:
            fields = asdict(item)
            post(operations, fields.pop("operation"), **fields)
    except BatchRefused as refusal:
        (fault,) = refusal.data["items"]
        return dict(fault)
    except LedgerError as refusal:
        return {"code": refusal.code, **refusal.data}
    raise AssertionError("It was posted.")


@pytest.mark.parametrize("how", ["single", "batch"])
def test_units_beyond_any_product_are_refused(how: str) -> None:
    shop, sale, refund = priced(MAX_CREDITS // 2)
    sold = post(shop, sale, owner_id="alice", nonce="sale", amount=2).entry
    fault = refused(how, shop, Item(refund, "alice", "1", MAX_CREDITS, sold.pk))
    assert (fault["code"], fault["remaining"]) == ("not-reversible", 2)


@pytest.mark.parametrize("how", ["single", "batch"])
def test_of_two_reasons_single_posts_and_batches_report_the_same(how: str) -> None:
    shop, sale, refund = priced(+10)
    sold = post(shop, sale, owner_id="alice", nonce="sale").entry
    post(shop, refund, owner_id="alice", nonce="1", reverses=sold.pk)
    fault = refused(how, shop, Item(refund, "alice", "2", 1, sold.pk))  # the balance is too low as well
    assert (fault["code"], fault["remaining"]) == ("not-reversible", 0)


@pytest.mark.parametrize("how", ["single", "batch"])
def test_a_refund_that_no_balance_holds_is_refused(how: str) -> None:
    shop, sale, refund = priced(-MAX_CREDITS)
    post(IMAGINARY, CHAT, owner_id="alice", nonce="0")
    Account.objects.update(balance=MAX_CREDITS)
    sold = post(shop, sale, owner_id="alice", nonce="sale").entry
    post(IMAGINARY, ADD, owner_id="alice", nonce="credit")
    assert refused(how, shop, Item(refund, "alice", "1", 1, sold.pk))["code"] == "balance-too-large"


@pytest.mark.parametrize("how", ["single", "batch"])
def test_a_retry_after_a_change_of_the_price_is_a_replay(how: str) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="credit", amount=10)
    shop, sale, refund = priced(-10)
    sold = post(shop, sale, owner_id="alice", nonce="sale", amount=3).entry
    first = post(shop, refund, owner_id="alice", nonce="1", amount=2, reverses=sold.pk).entry
    shop, sale, refund = priced(-12)
    items = [Item(sale, "alice", "sale", 3), Item(refund, "alice", "1", 2, sold.pk)]
    if how == "single":
        retries = [
            post(shop, sale, owner_id="alice", nonce="sale", amount=3),
            post(shop, refund, owner_id="alice", nonce="1", amount=2, reverses=sold.pk),
        ]
    else:
        retries = post_batch(shop, items)
    assert [(retry.entry, retry.replayed) for retry in retries] == [(sold, True), (first, True)]


def test_what_was_taken_back_can_be_taken_back() -> None:
    class ShopOperation(Operation):
        SALE = Plain(-3, "Sold.")
        REFUND = Reversal(SALE, "Given back.")
        MISTAKE = Reversal(REFUND, "The refund was one.")

    shop = OperationSet("shop", ShopOperation)
    post(shop, ADD, owner_id="alice", nonce="credit")
    sold = post(shop, ShopOperation.SALE, owner_id="alice", nonce="1", amount=2).entry
    back = post(shop, ShopOperation.REFUND, owner_id="alice", nonce="2", amount=2, reverses=sold.pk).entry
    assert post(shop, ShopOperation.MISTAKE, owner_id="alice", nonce="3", reverses=back.pk).entry.delta == -3
