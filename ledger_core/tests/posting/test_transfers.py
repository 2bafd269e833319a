"""Transfers: their reversals, batches of them, and races. Nothing is made, and nothing is lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction

from ledger_core.conformance.base import assert_ledger_is_correct
from ledger_core.conformance.races import at_once, kind_of
from ledger_core.models import Account, Entry
from ledger_core.operations import Operation, OperationSet, Plain, Reversal
from ledger_core.posting import (
    BalanceTooLarge,
    BatchRefused,
    InsufficientBalance,
    Item,
    NonceReused,
    NotReversible,
    Posted,
    hold,
    post,
    post_batch,
)
from ledger_core.posting.single import post_item
from ledger_core.posting.trying import try_item, try_items
from ledger_core.queries.balances import balance_of
from ledger_core.queries.trial_balance import trial_balance
from ledger_core.tests.imaginary import ADD, FRIENDLY, IMAGINARY, SPEND, FriendlyOperation
from ledger_core.values import MAX_CREDITS

pytestmark = pytest.mark.django_db(transaction=True)

GIFT, BACK = FriendlyOperation.GIFT, FriendlyOperation.GIFT_BACK


@pytest.fixture(autouse=True)
def _alice_has_credits() -> None:
    post(FRIENDLY, ADD, owner_id="alice", nonce="first", amount=10)


def give(amount: int = 1, nonce: str = "gift", owner_id: str = "alice", to: str = "bob", **fields: Any) -> Posted:
    return post(FRIENDLY, GIFT, owner_id=owner_id, nonce=nonce, amount=amount, to_owner_id=to, **fields)


def gift(owner: str, to: str, nonce: str, amount: int = 1) -> Item[Any]:
    return Item(GIFT, owner, nonce, amount, None, None, None, to)


def balances() -> dict[str, int]:
    return dict(Account.objects.order_by("pk").values_list("pk", "balance"))


def test_both_sides_say_the_same() -> None:
    posted = give(2, reference="birthday", metadata={"card": "yes"}, client="shop")
    sides = [posted.entry, posted.other]
    for side in filter(None, sides):
        assert (side.operation, side.amount, side.reference, side.metadata) == ("GIFT", 2, "birthday", {"card": "yes"})
        assert (side.client, side.app, side.held) == ("shop", FRIENDLY.app, 0)
    assert [side.delta for side in filter(None, sides)] == [-6, 6]
    assert trial_balance().agrees


def test_the_nonce_is_the_senders() -> None:
    """The receiver can have an entry with the same nonce, before and after."""
    post(FRIENDLY, ADD, owner_id="bob", nonce="gift")
    assert not give().replayed
    assert not give(owner_id="bob", to="alice", nonce="first gift").replayed
    post(FRIENDLY, ADD, owner_id="bob", nonce="another")
    for fields, differing in (({"amount": 2}, "amount"), ({"to": "carol"}, "to_owner_id")):
        with pytest.raises(NonceReused) as refused:
            give(**fields)
        assert refused.value.data == {"fields": [differing]}
    assert_ledger_is_correct()


@pytest.mark.parametrize("named", ["sender", "receiver"])
def test_a_reversal_takes_back_from_the_receiver_whoever_is_named(named: str) -> None:
    posted = give(3)
    assert posted.other
    side = posted.entry if named == "sender" else posted.other
    back = post(FRIENDLY, BACK, owner_id=side.owner_id, nonce="back", reverses=side.pk, amount=2)
    assert back.other
    assert {back.entry.owner_id: back.entry.delta, back.other.owner_id: back.other.delta} == {"alice": 6, "bob": -6}
    assert {back.entry.reverses, back.other.reverses} == {posted.entry.pk, posted.other.pk}
    assert post(FRIENDLY, BACK, owner_id=side.owner_id, nonce="back", reverses=side.pk, amount=2).replayed
    for entry in (posted.entry, posted.other):
        with pytest.raises(NotReversible) as refused:
            post(FRIENDLY, BACK, owner_id=entry.owner_id, nonce="more", reverses=entry.pk, amount=2)
        assert refused.value.data == {"remaining": 1}
    assert balances() == {"alice": 97, "bob": 3}
    assert_ledger_is_correct()


@pytest.mark.parametrize("how", ["single", "batch", "dry run"])
def test_a_reversal_of_what_was_spent_is_rejected_and_names_the_receiver(how: str) -> None:
    posted = give(3)
    post(FRIENDLY, SPEND, owner_id="bob", nonce="spent", amount=5)
    item: Item[Any] = Item(BACK, "alice", "back", 3, posted.entry.pk)
    act: dict[str, Any] = {
        "single": lambda: post_item(FRIENDLY, item),
        "batch": lambda: post_batch(FRIENDLY, [item]),
        "dry run": lambda: try_item(FRIENDLY, item),
    }
    with pytest.raises((InsufficientBalance, BatchRefused)) as refused:
        act[how]()
    error = refused.value.data["items"][0] if how == "batch" else refused.value.data | {"detail": refused.value.detail}
    assert "bob has 4 credits, and GIFT_BACK × 3 takes 9." in error["detail"]
    assert (error["balance"], error["available"]) == (4, 4)
    assert balances() == {"alice": 91, "bob": 4}
    assert_ledger_is_correct()


def test_what_the_receiver_holds_cannot_be_taken_back() -> None:
    posted = give(3)
    hold(FRIENDLY, FriendlyOperation.DEPOSIT, owner_id="bob", nonce="hold")
    with pytest.raises(InsufficientBalance, match="bob has 9 credits, of which 5 are held"):
        post(FRIENDLY, BACK, owner_id="alice", nonce="back", reverses=posted.entry.pk, amount=3)
    assert_ledger_is_correct()


class Once(Operation):
    """GIFT as an earlier or later version of the app might have it: without another owner."""

    GIFT = Plain(-3, "Spent.")
    GIFT_BACK = Reversal(GIFT, "Given back.")


ONCE = OperationSet(FRIENDLY.app, Once)


def test_both_sides_are_reversed_even_if_the_operation_has_become_a_plain_one() -> None:
    """Otherwise it would give credits to the sender that the receiver still has."""
    posted = give(2)
    back = post(ONCE, Once.GIFT_BACK, owner_id="alice", nonce="back", reverses=posted.entry.pk)
    assert back.other
    assert (back.entry.delta, back.other.delta) == (3, -3)
    assert balances() == {"alice": 97, "bob": 3}
    assert_ledger_is_correct()


def test_a_plain_entry_is_reversed_alone_when_the_operation_has_become_a_transfer() -> None:
    spent = post(ONCE, Once.GIFT, owner_id="alice", nonce="spent").entry
    back = post(FRIENDLY, BACK, owner_id="alice", nonce="back", reverses=spent.pk)
    assert (back.entry.delta, back.other) == (3, None)
    assert_ledger_is_correct()


def test_batches_move_credits_on_in_their_order() -> None:
    """bob and carol have nothing before they get it."""
    items = [
        gift("alice", "bob", "1", 4),
        gift("bob", "carol", "1", 4),
        gift("carol", "alice", "1", 3),
        Item(SPEND, "carol", "2", 3),
    ]
    told = try_items(FRIENDLY, items)
    posted = post_batch(FRIENDLY, items)
    for tried, became in zip(told, posted, strict=True):
        assert (tried.entry.seq, tried.entry.balance_after) == (became.entry.seq, became.entry.balance_after)
        assert (tried.other is None) == (became.other is None)
        assert not (tried.other and became.other) or tried.other.balance_after == became.other.balance_after
    assert balances() == {"alice": 97, "bob": 0, "carol": 0}
    again = post_batch(FRIENDLY, [*items, gift("alice", "dave", "3")])
    assert [each.replayed for each in again] == [True] * 4 + [False]
    assert [each.other for each in again[:4]] == [each.other for each in posted]
    with pytest.raises(BatchRefused) as refused:
        post_batch(FRIENDLY, [gift("dave", "bob", "1"), gift("dave", "bob", "2"), gift("bob", "carol", "5")])
    assert [item["index"] for item in refused.value.data["items"]] == [1]
    assert len({each.entry.batch for each in posted} | {each.other.batch for each in posted if each.other}) == 1
    assert_ledger_is_correct()


def test_a_batch_can_reverse_transfers_beside_others() -> None:
    first, second = give(2, "1"), give(2, "2", to="carol")
    assert second.other
    posted = post_batch(
        FRIENDLY,
        [
            Item(BACK, "alice", "b1", 1, first.entry.pk),
            Item(BACK, "carol", "b2", 2, second.other.pk),
            Item(ADD, "bob", "b3"),
            gift("bob", "carol", "b4", 2),
        ],
    )
    assert [bool(each.other) for each in posted] == [True, True, False, True]
    assert balances() == {"alice": 97, "bob": 7, "carol": 6}
    assert_ledger_is_correct()


def test_the_receiver_can_have_only_so_much() -> None:
    post(FRIENDLY, ADD, owner_id="rich", nonce="1", amount=MAX_CREDITS // 10)
    with pytest.raises(BalanceTooLarge, match="the owner who gets 9 credits"):
        give(3, to="rich")
    assert balances()["alice"] == 100


def test_another_app_cannot_reverse_it() -> None:
    posted = give()
    with pytest.raises(NotReversible):
        post(OperationSet("imaginary", FriendlyOperation), BACK, owner_id="alice", nonce="1", reverses=posted.entry.pk)


def test_five_hundred_opposite_transfers_lose_nothing_and_never_deadlock() -> None:
    """Between four owners, single and in batches, with plain posts in between."""
    owners = ["alice", "bob", "carol", "dave"]
    for owner in owners[1:]:
        post(FRIENDLY, ADD, owner_id=owner, nonce="first", amount=10)

    def move(n: int) -> Any:
        done = 0
        for turn in range(25):
            sender, receiver = owners[(n + turn) % 4], owners[(n + turn + 1 + (n + turn) % 3) % 4]
            if sender == receiver:
                continue
            if turn % 5 == 4:
                post_batch(
                    FRIENDLY, [gift(sender, receiver, f"{n}-{turn}"), gift(receiver, sender, f"{n}-{turn}-back")]
                )
                done += 2
            else:
                give(1, f"{n}-{turn}", sender, receiver)
                done += 1
            if turn % 7 == 6:
                post(IMAGINARY, ADD, owner_id=sender, nonce=f"{n}-{turn}-add")
        return done

    outcomes: list[Any] = at_once([lambda n=n: move(n) for n in range(20)])  # type: ignore[misc]
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    transfers = Entry.objects.filter(operation="GIFT")
    assert transfers.count() == 2 * sum(outcomes) >= 1000
    assert sum(transfers.values_list("delta", flat=True)) == 0
    assert Counter(transfers.filter(delta__gt=0).values_list("counterparty", flat=True)).keys() == set(owners)
    added = Entry.objects.filter(operation="CREDIT_ADD").values_list("delta", flat=True)
    assert sum(balances().values()) == sum(added)
    assert_ledger_is_correct()


def test_opposite_transfers_of_all_credits_leave_nobody_below_zero() -> None:
    post(FRIENDLY, ADD, owner_id="bob", nonce="first", amount=3)

    def all_of(n: int) -> Posted:
        sender, receiver = ("alice", "bob") if n % 2 else ("bob", "alice")
        return give(balance_of(sender).balance // 3 or 1, f"n{n}", sender, receiver)

    outcomes = at_once([lambda n=n: all_of(n) for n in range(24)])  # type: ignore[misc]
    assert {kind_of(outcome) for outcome in outcomes} <= {"posted", "InsufficientBalance"}
    assert sum(balances().values()) == 130
    assert_ledger_is_correct()


def test_the_nonce_of_the_receivers_side_is_of_no_other_request() -> None:
    """The receiver can read it in the list of entries."""
    posted = give()
    assert posted.other
    with pytest.raises(NonceReused) as refused:
        give(nonce=posted.other.nonce, owner_id="bob", to="alice")
    assert refused.value.data == {"fields": ["to_owner_id"]}


@pytest.mark.parametrize("operations", [FRIENDLY, ONCE], ids=["as a transfer", "as a plain operation"])
def test_a_reversal_of_a_transfer_that_is_not_committed_yet_waits_for_it(operations: OperationSet[Any]) -> None:
    """Its other owner is not known before the accounts are locked. One side alone is never reversed."""
    locked_, asked = Event(), Event()
    made: list[int] = []

    def transfer() -> None:
        with transaction.atomic():
            made.append(give().entry.pk)
            locked_.set()
            asked.wait(10)
            sleep(0.3)  # until the reversal waits for the lock
        connection.close()

    with ThreadPoolExecutor(1) as threads:
        transferring = threads.submit(transfer)
        locked_.wait(10)
        asked.set()
        back = operations.parse("GIFT_BACK")
        reversal = post(operations, back, owner_id="alice", nonce="back", reverses=made[0])
        transferring.result()
    assert (reversal.entry.delta, reversal.other and reversal.other.delta) == (3, -3)
    assert balances() == {"alice": 100, "bob": 0}
    assert_ledger_is_correct()
