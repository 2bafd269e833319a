"""Holds and transfers by Ledger and AsyncLedger, against a running service."""

import asyncio

import pytest

from ledger_project.tests.conftest import Service
from shared_ledger import (
    AsyncLedger,
    HoldCaptured,
    HoldExceeded,
    HoldNotFound,
    HoldReleased,
    HoldState,
    InsufficientBalance,
    InvalidRequest,
    Item,
    Ledger,
)

pytestmark = pytest.mark.service


def test_a_hold_is_captured_in_part_and_the_rest_is_given_back(ledger: Ledger) -> None:
    ledger.post("CREDIT_ADD", owner_id="held", nonce="held-1", amount=2)
    made = ledger.hold("CREDIT_SPEND", owner_id="held", nonce="held-2", amount=5, expires_in=60, reference="order-1")
    assert (made.replayed, made.hold.state, made.hold.held) == (False, HoldState.open, 5)
    again = ledger.hold("CREDIT_SPEND", owner_id="held", nonce="held-2", amount=5, expires_in=60, reference="order-1")
    assert (again.replayed, again.hold) == (True, made.hold)
    assert ledger.balance("held").available == 15
    assert [hold.id for hold in ledger.open_holds("held")] == [made.hold.id]
    with pytest.raises(HoldExceeded) as exceeded:
        ledger.capture(made.hold.id, nonce="held-3", amount=6)
    assert exceeded.value.data == {"remaining": 5}

    captured = ledger.capture(made.hold.id, nonce="held-3", amount=2)
    assert (captured.replayed, captured.entry.delta, captured.entry.hold) == (False, -2, made.hold.id)
    retried = ledger.capture(made.hold.id, nonce="held-3", amount=2)
    assert (retried.replayed, retried.entry) == (True, captured.entry)
    now = ledger.get_hold(made.hold.id)
    assert (now.state, now.captured, now.remaining) == (HoldState.captured, 2, 0)
    with pytest.raises(HoldCaptured):
        ledger.release(made.hold.id, nonce="held-4")
    assert (ledger.balance("held").balance, ledger.balance("held").held) == (18, 0)


def test_a_hold_is_released_once(ledger: Ledger) -> None:
    ledger.post("CREDIT_ADD", owner_id="released", nonce="1")
    made = ledger.hold("CREDIT_SPEND", owner_id="released", nonce="2").hold
    assert ledger.release(made.id, nonce="3").entry.operation == "HOLD_RELEASE"
    assert ledger.release(made.id, nonce="3").replayed
    with pytest.raises(HoldReleased):
        ledger.capture(made.id, nonce="4")


def test_holds_that_cannot_be(ledger: Ledger) -> None:
    with pytest.raises(InsufficientBalance) as refused:
        ledger.hold("CREDIT_SPEND", owner_id="nobody", nonce="1")
    assert refused.value.data == {"balance": 0, "held": 0, "available": 0, "short_by": 1, "largest_amount": 0}
    for hold_id in (0, -1, "1/../2"):
        with pytest.raises(InvalidRequest):
            ledger.get_hold(hold_id)  # type: ignore[arg-type]
    with pytest.raises(HoldNotFound):
        ledger.capture(2**62, nonce="1")
    with pytest.raises(InvalidRequest):
        ledger.release(1, nonce="")


def test_a_preview_of_a_hold_holds_nothing(ledger: Ledger) -> None:
    ledger.post("CREDIT_ADD", owner_id="foreseen", nonce="1")
    item = Item(operation="CREDIT_SPEND", owner_id="foreseen", nonce="2", amount=3)
    assert ledger.preview_hold(item, expires_in=60).held == 3
    assert (ledger.balance("foreseen").held, list(ledger.open_holds("foreseen"))) == (0, [])


def test_pages_of_holds_are_one_iterator(ledger: Ledger) -> None:
    ledger.post("CREDIT_ADD", owner_id="many", nonce="0", amount=11)
    made = [ledger.hold("CREDIT_SPEND", owner_id="many", nonce=f"{n}").hold.id for n in range(1, 103)]
    assert [hold.id for hold in ledger.open_holds("many")] == made[::-1]


def test_a_transfer_has_another_side(ledger: Ledger) -> None:
    ledger.post("CREDIT_ADD", owner_id="giver", nonce="1")
    posted = ledger.post("TIP", owner_id="giver", nonce="2", amount=4, to_owner_id="taker")
    other = posted.entry.other_side
    assert other
    assert (other.owner_id, other.delta, other.transfer) == ("taker", 4, posted.entry.id)
    batch = ledger.post_batch([Item(operation="TIP", owner_id="taker", nonce="3", to_owner_id="giver")])
    assert batch.entries[0].other_side
    assert (ledger.balance("giver").balance, ledger.balance("taker").balance) == (7, 3)


def test_the_same_awaited(service: Service) -> None:
    async def run() -> None:
        async with AsyncLedger(service.url, key=service.key, app="ecommerce") as ledger:
            await ledger.post("CREDIT_ADD", owner_id="awaited hold", nonce="1")
            made = (await ledger.hold("PURCHASE", owner_id="awaited hold", nonce="2")).hold
            assert [hold.id async for hold in ledger.open_holds("awaited hold")] == [made.id]
            assert (await ledger.capture(made.id, nonce="3")).entry.delta == -10
            assert (await ledger.get_hold(made.id)).state is HoldState.captured

    asyncio.run(run())
