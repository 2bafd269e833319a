"""Reversals: what was had can be taken back once, in parts or whole."""

import pytest

from ledger_core.errors import InvalidRequest
from ledger_core.models import Account, Entry, Reversible
from ledger_core.operations import Operation, OperationSet, Terms
from ledger_core.posting import InsufficientBalance, NonceReused, NotReversible, Posted, post
from ledger_core.tests.imaginary import ADD, CHESS, IMAGINARY, ChessOperation, ImaginaryOperation
from ledger_core.values import MAX_CREDITS

pytestmark = pytest.mark.django_db

DUEL, REMATCH = ImaginaryOperation.DUEL, ImaginaryOperation.REMATCH


@pytest.fixture
def duel() -> Entry:
    """Three units, which alice paid for."""
    post(IMAGINARY, ADD, owner_id="alice", nonce="credit", amount=10)
    return post(IMAGINARY, DUEL, owner_id="alice", nonce="duel", amount=3).entry


def rematch(entry: Entry, nonce: str, amount: int = 1, owner_id: str = "alice") -> Posted:
    return post(IMAGINARY, REMATCH, owner_id=owner_id, nonce=nonce, amount=amount, reverses=entry.pk)


def test_it_is_taken_back_at_once(duel: Entry) -> None:
    entry = rematch(duel, "1", amount=3).entry
    assert (entry.reverses_id, entry.delta, entry.balance_after) == (duel.pk, 21, 100)
    assert Reversible.objects.get(pk=duel.pk).remaining == 0


def test_it_is_taken_back_in_parts_and_no_further(duel: Entry) -> None:
    rematch(duel, "1")
    rematch(duel, "2", amount=2)
    with pytest.raises(NotReversible, match="0 of the 3 units") as refusal:
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
    assert not Reversible.objects.exists()


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
    with pytest.raises(NotReversible, match="bob has no DUEL with the id"):
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
    """Two operations, each with its reversal."""

    RENT = Terms(-1, "Rented.")
    BUY = Terms(-1, "Bought.")
    RETURN = Terms(+1, "Brought back.", reverses=RENT)
    REFUND = Terms(+1, "Given back.", reverses=BUY)


TWO_WAYS = OperationSet("two_ways", TwoWaysOperation)


def test_what_is_partly_reversed_by_one_operation_is_not_open_to_another() -> None:
    post(TWO_WAYS, ADD, owner_id="alice", nonce="credit")
    rent = post(TWO_WAYS, TwoWaysOperation.RENT, owner_id="alice", nonce="rent", amount=5).entry
    post(TWO_WAYS, TwoWaysOperation.RETURN, owner_id="alice", nonce="1", reverses=rent.pk)
    with pytest.raises(NotReversible):
        post(TWO_WAYS, TwoWaysOperation.REFUND, owner_id="alice", nonce="2", reverses=rent.pk)


class FreeOperation(Operation):
    LOOK = Terms(0, "Moves nothing, however often.")
    FORGET = Terms(0, "Nor does this.", reverses=LOOK)


def test_the_largest_amounts_are_counted_down_without_overflow() -> None:
    free = OperationSet("free", FreeOperation)
    look = post(free, FreeOperation.LOOK, owner_id="alice", nonce="1", amount=MAX_CREDITS).entry
    post(free, FreeOperation.FORGET, owner_id="alice", nonce="2", amount=MAX_CREDITS - 1, reverses=look.pk)
    with pytest.raises(NotReversible):
        post(free, FreeOperation.FORGET, owner_id="alice", nonce="3", amount=MAX_CREDITS, reverses=look.pk)
    post(free, FreeOperation.FORGET, owner_id="alice", nonce="3", reverses=look.pk)


def test_a_reversal_that_takes_credits_needs_them() -> None:
    class GiftOperation(Operation):
        GIFT = Terms(+5, "Given.")
        REVOKE = Terms(-5, "Taken back.", reverses=GIFT)

    gifts = OperationSet("gifts", GiftOperation)
    gift = post(gifts, GiftOperation.GIFT, owner_id="alice", nonce="1").entry
    post(IMAGINARY, ImaginaryOperation.LOOT, owner_id="alice", nonce="2")
    post(IMAGINARY, DUEL, owner_id="alice", nonce="3")
    post(CHESS, ChessOperation.DUEL, owner_id="alice", nonce="4")
    with pytest.raises(InsufficientBalance):
        post(gifts, GiftOperation.REVOKE, owner_id="alice", nonce="5", reverses=gift.pk)
    assert not Reversible.objects.exists()


@pytest.mark.parametrize("reverses", [None, 0, -1, MAX_CREDITS + 1, "1"])
def test_the_entry_must_be_named(reverses: int | None) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        post(IMAGINARY, REMATCH, owner_id="alice", nonce="1", reverses=reverses)
    assert refusal.value.data["errors"][0]["field"] == "reverses"


def test_an_operation_that_reverses_nothing_takes_no_entry(duel: Entry) -> None:
    with pytest.raises(InvalidRequest, match="LOOT reverses nothing"):
        post(IMAGINARY, ImaginaryOperation.LOOT, owner_id="alice", nonce="1", reverses=duel.pk)
