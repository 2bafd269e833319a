"""Holds beside everything else: refunds, prices, batches, other apps, moments, and races with their expiry."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from ledger_core import posting
from ledger_core.conformance.base import assert_ledger_is_correct
from ledger_core.conformance.races import at_once, kind_of
from ledger_core.errors import InvalidRequest
from ledger_core.models import Account, Entry, OpenUnits
from ledger_core.operations import Once, Operation, OperationSet, Plain, SharedOperation
from ledger_core.operations.drafts import Draft, Drawing
from ledger_core.operations.endings import HoldEnd
from ledger_core.posting import (
    HoldExceeded,
    HoldExpired,
    InsufficientBalance,
    Item,
    NonceReused,
    NotReversible,
    expiry,
    post,
    post_batch,
)
from ledger_core.posting.expiry import expire_due
from ledger_core.posting.single import post_draft
from ledger_core.queries.balances import balance_at, balance_of
from ledger_core.queries.holds import Hold, HoldNotFound, HoldState, hold_of, open_holds_of
from ledger_core.tests.conftest import locked
from ledger_core.tests.imaginary import ADD, FRIENDLY, IMAGINARY, SPEND, FriendlyOperation, ImaginaryOperation
from ledger_core.values import MAX_CREDITS

pytestmark = pytest.mark.django_db(transaction=True)

DEPOSIT, BACK = FriendlyOperation.DEPOSIT, FriendlyOperation.DEPOSIT_BACK


@pytest.fixture(autouse=True)
def _alice_has_credits() -> None:
    post(FRIENDLY, ADD, owner_id="alice", nonce="first", amount=5)


def hold(amount: int = 2, nonce: str = "hold", **fields: Any) -> Hold:
    return posting.hold(FRIENDLY, DEPOSIT, owner_id="alice", nonce=nonce, amount=amount, **fields).hold


def capture(made: Hold, nonce: str = "capture", **fields: Any) -> Entry:
    return posting.capture(FRIENDLY, made.entry.pk, nonce=nonce, **fields).entry


def wait_for_the_end_of(made: Hold) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(extract(epoch FROM %s - clock_timestamp()))", [made.entry.expires_on])


def test_a_capture_is_refunded_like_any_other_debit() -> None:
    captured = capture(hold(amount=3), amount=2)
    with pytest.raises(NotReversible):
        post(FRIENDLY, BACK, owner_id="alice", nonce="1", reverses=captured.pk, amount=3)
    assert post(FRIENDLY, BACK, owner_id="alice", nonce="1", reverses=captured.pk, amount=2).entry.delta == 10
    with pytest.raises(NotReversible):
        post(FRIENDLY, BACK, owner_id="alice", nonce="2", reverses=captured.pk)
    assert balance_of("alice").balance == 50
    assert_ledger_is_correct()


def test_neither_a_hold_nor_its_release_can_be_refunded() -> None:
    """They moved no credits, and a refund of a hold would draw on the units that are left to capture."""
    made = hold()
    with pytest.raises(NotReversible, match="that can be reversed") as refused:
        post(FRIENDLY, BACK, owner_id="alice", nonce="1", reverses=made.entry.pk)
    assert refused.value.data == {"remaining": 0}
    released = posting.release(FRIENDLY, made.entry.pk, nonce="2").entry
    with pytest.raises(NotReversible):
        post(FRIENDLY, BACK, owner_id="alice", nonce="3", reverses=released.pk)
    assert_ledger_is_correct()


def test_a_capture_takes_what_was_held_whatever_the_price_is_now() -> None:
    made = hold(amount=2)
    value = DEPOSIT.kind
    object.__setattr__(value, "value", -9)
    try:
        assert capture(made, amount=1, final=False).delta == -5
        assert (balance_of("alice").held, hold_of(FRIENDLY.app, made.entry.pk).held) == (5, 5)
    finally:
        object.__setattr__(value, "value", -5)
    assert_ledger_is_correct()


def test_the_hold_of_a_retired_operation_can_be_captured_and_no_new_one_made() -> None:
    made = hold()
    object.__setattr__(DEPOSIT.kind, "retired", True)
    try:
        with pytest.raises(posting.OperationRetired):
            hold(nonce="new")
        assert hold(nonce="hold") == made
        assert capture(made).delta == -10
    finally:
        object.__setattr__(DEPOSIT.kind, "retired", False)


@pytest.mark.parametrize(
    "operation", [ADD, SharedOperation.DAILY_REWARD, FriendlyOperation.GIFT, BACK], ids=lambda o: o.code
)
def test_only_a_debit_can_be_held(operation: Any) -> None:
    with pytest.raises(InvalidRequest):
        posting.hold(FRIENDLY, operation, owner_id="alice", nonce="1")
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("expires_in", [0, -1, 30 * 24 * 3600 + 1, "60", 1.5])
def test_a_hold_lasts_a_second_to_thirty_days(expires_in: Any) -> None:
    with pytest.raises(InvalidRequest, match="expires_in"):
        hold(expires_in=expires_in)


def test_a_hold_lasts_what_its_request_or_its_operation_or_the_deployment_says(settings: Any) -> None:
    settings.HOLD_SECONDS = 120

    def lasts(made: Hold) -> timedelta:
        assert made.entry.expires_on
        return made.entry.expires_on - made.entry.created_on

    assert lasts(hold(1, "a")) == timedelta(seconds=120)
    assert lasts(hold(1, "b", expires_in=7)) == timedelta(seconds=7)
    object.__setattr__(DEPOSIT.kind, "hold_for", timedelta(hours=1))
    try:
        assert lasts(hold(1, "c")) == timedelta(hours=1)
        assert lasts(hold(1, "a")) == timedelta(seconds=120)  # a retry, after the default has changed
    finally:
        object.__setattr__(DEPOSIT.kind, "hold_for", None)


def test_a_nonce_belongs_to_one_request_of_any_kind() -> None:
    made, other = hold(nonce="a"), hold(1, nonce="b")
    capture(made, "c", amount=1, final=False)
    for reused, fields in (
        (lambda: post(FRIENDLY, DEPOSIT, owner_id="alice", nonce="a", amount=2), ["expires_in"]),
        (lambda: hold(2, "first"), ["operation", "amount", "expires_in"]),
        (lambda: capture(made, "c", amount=1), ["final"]),
        (lambda: capture(made, "c", amount=2, final=False), ["amount"]),
        (lambda: capture(other, "c", amount=1, final=False), ["hold"]),
        (lambda: capture(other, "b"), ["hold", "expires_in", "final"]),
        (lambda: posting.release(FRIENDLY, made.entry.pk, nonce="c"), ["operation", "final"]),
    ):
        with pytest.raises(NonceReused) as refused:
            reused()
        assert refused.value.data == {"fields": fields}
    assert capture(made, "c", final=False).amount == 1  # a retry that leaves out the amount
    assert_ledger_is_correct()


def test_another_apps_hold_is_not_found() -> None:
    made = hold()
    for ended in (posting.capture, posting.release):
        with pytest.raises(HoldNotFound):
            ended(IMAGINARY, made.entry.pk, nonce="1")
    assert hold_of(FRIENDLY.app, made.entry.pk).state is HoldState.OPEN


def test_the_database_itself_rejects_another_apps_hold() -> None:
    """`owner_of_hold` finds none of another app. This is for callers that bypass it."""
    made = hold()
    item = Item(HoldEnd.HOLD_RELEASE, "alice", "1")
    with pytest.raises(HoldExceeded):
        post_draft(Draft(IMAGINARY.app, "", item, None, Drawing(made.entry.pk, None, True)))
    assert hold_of(FRIENDLY.app, made.entry.pk).state is HoldState.OPEN


def test_every_debit_of_every_app_leaves_what_is_held() -> None:
    hold(amount=9)  # 45 of 50
    with pytest.raises(InsufficientBalance, match="alice has 50 credits, of which 45 are held, and DUEL × 1 takes 7"):
        post(IMAGINARY, ImaginaryOperation.DUEL, owner_id="alice", nonce="1")
    with pytest.raises(InsufficientBalance) as refused:
        hold(2, nonce="2")
    assert refused.value.data.items() >= {"balance": 50, "held": 45, "available": 5}.items()
    with pytest.raises(posting.BatchRefused):
        post_batch(IMAGINARY, [Item(SPEND, "alice", "3", 3), Item(SPEND, "alice", "4", 3)])
    post_batch(IMAGINARY, [Item(SPEND, "alice", "3", 3), Item(SPEND, "alice", "4", 2)])
    assert balance_of("alice").available == 0
    assert_ledger_is_correct()


@pytest.mark.parametrize("how", ["post", "batch", "hold", "transfer"])
def test_an_expired_hold_is_ended_by_whoever_posts_next(how: str) -> None:
    """All credits were held, so none of these would find credits otherwise."""
    made = hold(amount=10, expires_in=1)
    wait_for_the_end_of(made)
    assert (balance_of("alice").held, balance_of("alice").available) == (0, 50)
    assert open_holds_of(FRIENDLY.app, "alice", limit=10) == []
    match how:
        case "post":
            post(FRIENDLY, SPEND, owner_id="alice", nonce="1", amount=50)
        case "batch":
            post_batch(FRIENDLY, [Item(SPEND, "alice", "1", 30), Item(ADD, "bob", "1"), Item(SPEND, "alice", "2", 20)])
        case "hold":
            hold(10, nonce="1")
        case "transfer":
            post(FRIENDLY, FriendlyOperation.GIFT, owner_id="alice", nonce="1", amount=16, to_owner_id="bob")
    (ended,) = Entry.objects.filter(hold=made.entry.pk)
    assert (ended.operation, ended.seq, ended.held, ended.delta) == ("HOLD_EXPIRY", 3, -50, 0)
    with pytest.raises(HoldExpired):
        capture(made)
    assert_ledger_is_correct()


def test_the_sweeper_ends_what_has_expired_once_and_nothing_else() -> None:
    for owner in ("bob", "carol"):
        post(FRIENDLY, ADD, owner_id=owner, nonce="first")
        posting.hold(FRIENDLY, DEPOSIT, owner_id=owner, nonce="hold", expires_in=1)
    short, long = hold(1, "short", expires_in=1), hold(1, "long")
    wait_for_the_end_of(short)
    assert expire_due() == 3
    assert expire_due() == 0
    assert Entry.objects.filter(operation=HoldEnd.HOLD_EXPIRY.code).count() == 3
    assert hold_of(FRIENDLY.app, long.entry.pk).state is HoldState.OPEN
    assert Account.objects.get(pk="alice").held == balance_of("alice").held == 5
    assert_ledger_is_correct()


def test_the_sweeper_leaves_out_an_owner_whose_account_is_locked() -> None:
    made = hold(1, expires_in=1)
    wait_for_the_end_of(made)
    with locked("alice"):
        assert expire_due() == 0
    assert expire_due() == 1


def test_moments_know_what_was_held_and_what_had_expired() -> None:
    first = hold(2, "first hold", expires_in=1)
    second = hold(3, "second", expires_in=3600)
    part = capture(second, amount=1, final=False)
    wait_for_the_end_of(first)
    post(FRIENDLY, ADD, owner_id="alice", nonce="later")  # which writes the expiry
    assert first.entry.expires_on
    moments = [
        (first.entry.created_on - timedelta(microseconds=1), 50, 0),
        (first.entry.created_on, 50, 10),
        (second.entry.created_on, 50, 25),
        (part.created_on, 45, 20),
        (first.entry.expires_on - timedelta(microseconds=1), 45, 20),
        (first.entry.expires_on, 45, 10),  # its end was written later
        (part.created_on + timedelta(days=1), 55, 0),
    ]
    for moment, balance, held in moments:
        then = balance_at("alice", moment)
        assert (then.balance, then.held) == (balance, held), moment


def test_a_dry_run_holds_nothing() -> None:
    item = Item(DEPOSIT, "alice", "1", 2)
    tried = posting.holds.hold_item(FRIENDLY, item, 60, dry_run=True).hold
    assert (tried.left, tried.held) == (2, 10)
    assert not OpenUnits.objects.exists()
    with pytest.raises(InsufficientBalance):
        posting.holds.hold_item(FRIENDLY, Item(DEPOSIT, "alice", "1", 11), 60, dry_run=True)


def test_one_of_a_hundred_ends_a_hold() -> None:
    """Captures, releases, the sweeper and the hold's own end, all at that moment."""
    made = hold(amount=10, expires_in=1)
    hold_id = made.entry.pk

    def end(n: int) -> Any:
        match n % 4:
            case 0:
                return posting.capture(FRIENDLY, hold_id, nonce=f"n{n}")
            case 1:
                return posting.release(FRIENDLY, hold_id, nonce=f"n{n}")
            case 2:
                return posting.capture(FRIENDLY, hold_id, nonce=f"n{n}", amount=10, final=False)
        return expire_due()

    calls = [lambda n=n: end(n) for n in range(100)]
    outcomes = [outcome for part in range(0, 100, 20) for outcome in at_once(calls[part : part + 20])]
    kinds = Counter("swept" if isinstance(outcome, int) else kind_of(outcome) for outcome in outcomes)
    assert kinds["posted"] + sum(outcome for outcome in outcomes if isinstance(outcome, int)) == 1, kinds
    assert kinds.keys() <= {"posted", "swept", "HoldCaptured", "HoldReleased", "HoldExpired"}
    assert Entry.objects.filter(hold=hold_id).count() == 1
    assert balance_of("alice").held == Account.objects.get().held == 0
    assert_ledger_is_correct()


def test_a_hundred_captures_at_the_end_of_a_hold_agree_with_the_sweeper() -> None:
    made = hold(amount=10, expires_in=1)

    def end(n: int) -> Any:
        with connection.cursor() as cursor:  # some shortly before the end, some after it
            cursor.execute(
                "SELECT pg_sleep(extract(epoch FROM %s - clock_timestamp()) + %s)",
                [made.entry.expires_on, (n - 10) * 0.003],
            )
        return posting.capture(FRIENDLY, made.entry.pk, nonce=f"n{n}", amount=1, final=False) if n % 5 else expire_due()

    outcomes = at_once([lambda n=n: end(n) for n in range(20)])  # type: ignore[misc]
    captured = sum(isinstance(outcome, posting.Posted) for outcome in outcomes)
    assert not [
        o for o in outcomes if isinstance(o, Exception) and not isinstance(o, HoldExpired | posting.HoldCaptured)
    ]
    expire_due()
    assert (balance_of("alice").balance, Account.objects.get().held) == (50 - 5 * captured, 0)
    assert hold_of(FRIENDLY.app, made.entry.pk).captured == captured
    assert_ledger_is_correct()


def test_holds_are_listed_with_the_newest_first_in_pages() -> None:
    made = [hold(1, f"h{n}") for n in range(4)]
    capture(made[1])
    post(IMAGINARY, ADD, owner_id="alice", nonce="other")
    posting.hold(IMAGINARY, ImaginaryOperation.DUEL, owner_id="alice", nonce="of another app")
    listed = open_holds_of(FRIENDLY.app, "alice", limit=2)
    assert [found.entry.nonce for found in listed] == ["h3", "h2"]
    rest = open_holds_of(FRIENDLY.app, "alice", limit=2, before=listed[-1].entry.pk)
    assert [found.entry.nonce for found in rest] == ["h0"]


def test_hold_for_belongs_to_debits() -> None:
    with pytest.raises(TypeError, match="hold_for"):
        Plain(-1, "…", hold_for=timedelta(days=31))
    assert Plain(+1, "…", hold_for=timedelta(days=1)).mistake([])
    assert Plain(-1, "…", hold_for=timedelta(days=1)).mistake([]) is None


class OnceOperation(Operation):
    """The next version of the app, in which the operation has a frequency."""

    DEPOSIT = Plain(-5, "Once.", frequency=Once())


ONCE = OperationSet(FRIENDLY.app, OnceOperation)


def test_a_capture_takes_no_claim() -> None:
    """What draws on a hold was allowed when the hold was made."""
    first, second = hold(2, "1"), hold(1, "2")
    for nonce, made in (("3", first), ("4", first), ("5", second)):
        captured = posting.capture(ONCE, made.entry.pk, nonce=nonce, amount=1, final=False).entry
        assert captured.claim is None
    assert_ledger_is_correct()


def test_the_retry_of_a_hold_is_a_replay_even_if_the_operation_cannot_be_held_any_more() -> None:
    made = hold()
    again = posting.hold(ONCE, OnceOperation.DEPOSIT, owner_id="alice", nonce="hold", amount=2)
    assert (again.hold, again.replayed) == (made, True)
    with pytest.raises(InvalidRequest, match="cannot be held"):
        posting.hold(ONCE, OnceOperation.DEPOSIT, owner_id="alice", nonce="other", amount=2)


def test_final_is_true_or_false() -> None:
    with pytest.raises(InvalidRequest, match="final"):
        capture(hold(), final=None)


def test_more_held_than_a_bigint_counts_is_too_little_available() -> None:
    post(FRIENDLY, ADD, owner_id="rich", nonce="1", amount=MAX_CREDITS // 10)
    posting.hold(FRIENDLY, SharedOperation.CREDIT_SPEND, owner_id="rich", nonce="2", amount=MAX_CREDITS - 7)
    with pytest.raises(InsufficientBalance) as refused:
        posting.hold(FRIENDLY, SharedOperation.CREDIT_SPEND, owner_id="rich", nonce="3", amount=8)
    assert refused.value.data["available"] == 0


def test_the_sweeper_ends_many_holds_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [hold(1, f"{n}", expires_in=1) for n in range(10)]
    wait_for_the_end_of(made[-1])
    monkeypatch.setattr(expiry, "_PORTION", 3)
    assert [expire_due(), expire_due()] == [10, 0]
    transactions = Entry.objects.filter(operation="HOLD_EXPIRY").extra(select={"written": "transaction_id::text"})
    assert len({entry.written for entry in transactions}) == 4
    assert_ledger_is_correct()
