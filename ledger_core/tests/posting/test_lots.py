"""Lots, the credits of an entry that expire: the order of their use, their end, holds, refunds, and races."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from ledger_core import posting, sql
from ledger_core.conformance.base import assert_ledger_is_correct
from ledger_core.conformance.races import at_once, kind_of
from ledger_core.errors import InvalidRequest
from ledger_core.import_export import importing
from ledger_core.models import Account, Entry, OpenUnits
from ledger_core.posting import InsufficientBalance, Item, NonceReused, NotReversible, post, post_batch
from ledger_core.posting.expiry import end_lot, expire_due
from ledger_core.queries.balances import NextExpiry, balance_at, balance_of
from ledger_core.queries.holds import open_holds_of
from ledger_core.queries.lots import Lot, lot_of, lots_of
from ledger_core.queries.trial_balance import trial_balance
from ledger_core.tests.imaginary import ADD, FLEETING, FleetingOperation
from ledger_core.tests.import_export.test_exporting import empty_the_ledger
from ledger_core.verification import verify

pytestmark = pytest.mark.django_db(transaction=True)

BONUS, COUPON, TICKET, BACK, GIFT, SWAP = FleetingOperation


def grant(nonce: str, amount: int = 1, expires_in: int | None = None, operation: FleetingOperation = BONUS) -> Entry:
    return post(FLEETING, operation, owner_id="alice", nonce=nonce, amount=amount, expires_in=expires_in).entry


def add(nonce: str = "add") -> Entry:
    return post(FLEETING, ADD, owner_id="alice", nonce=nonce).entry


def spend(nonce: str, amount: int = 1) -> Entry:
    return post(FLEETING, TICKET, owner_id="alice", nonce=nonce, amount=amount).entry


def drawn(entry: Entry) -> dict[int, int]:
    """The credits that the entry spent of each lot, or that a hold took from it."""
    return {lot: (spent if entry.delta else taken) for lot, taken, spent in entry.drawn or ()}


def left(lot: Entry) -> int:
    return OpenUnits.objects.get(entry_id=lot.pk).remaining


def wait_until(moment: datetime | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(extract(epoch FROM %s - clock_timestamp()))", [moment])


def operations() -> list[tuple[str, int]]:
    return list(Entry.objects.filter(owner_id="alice").order_by("seq").values_list("operation", "delta"))


def test_lots_are_used_by_priority_then_by_end_and_other_credits_last() -> None:
    plain = add()
    coupon = grant("1", operation=COUPON)
    late = grant("2", expires_in=7200)
    early = grant("3", expires_in=3600)
    assert Account.objects.get().lots == 15
    assert drawn(spend("4")) == {early.pk: 5}
    assert drawn(spend("5", 3)) == {late.pk: 5, coupon.pk: 5}
    assert Account.objects.get().lots == 0
    assert plain.pk not in drawn(spend("6"))
    assert balance_of("alice").balance == 0
    assert_ledger_is_correct()


def test_what_has_expired_is_never_shown_or_spent_and_nothing_else_is_taken() -> None:
    add()
    lot = grant("1", 2, expires_in=1)
    assert spend("2").balance_after == 15
    wait_until(lot.expires_on)
    assert balance_of("alice").balance == 10
    assert lot.expires_on
    assert balance_at("alice", lot.expires_on).balance == 10
    assert balance_at("alice", lot.expires_on - timedelta(microseconds=1)).balance == 15
    with pytest.raises(InsufficientBalance) as refused:
        spend("3", 3)
    assert refused.value.data["available"] == 10
    assert spend("3", 2).balance_after == 0
    assert operations()[-2:] == [("CREDIT_EXPIRY", -5), ("TICKET", -10)]
    assert trial_balance().agrees
    assert_ledger_is_correct()


def test_a_moment_in_the_future_is_without_what_will_have_expired() -> None:
    lot = grant("1", expires_in=3600)
    assert lot.expires_on
    assert balance_at("alice", lot.expires_on).balance == 0
    assert balance_at("alice", lot.expires_on - timedelta(seconds=1)).balance == 5


def test_the_sweeper_writes_what_has_expired_once() -> None:
    lot = grant("1", expires_in=1)
    wait_until(lot.expires_on)
    assert [expire_due(), expire_due()] == [1, 0]
    assert operations() == [("BONUS", 5), ("CREDIT_EXPIRY", -5)]
    expiry = Entry.objects.latest("id")
    assert (expiry.app, expiry.reverses, expiry.amount) == (FLEETING.app, lot.pk, 5)
    assert_ledger_is_correct()


def test_a_hold_takes_lots_and_gives_back_what_it_releases() -> None:
    add()
    lot = grant("1", 2, expires_in=3600)
    held = posting.hold(FLEETING, TICKET, owner_id="alice", nonce="2", amount=3).hold.entry
    assert (left(lot), drawn(held), Account.objects.get().lots) == (0, {lot.pk: 10}, 0)
    captured = posting.capture(FLEETING, held.pk, nonce="3", amount=1, final=False).entry
    assert (drawn(captured), left(lot)) == ({lot.pk: 5}, 0)
    posting.release(FLEETING, held.pk, nonce="4")
    assert (left(lot), Account.objects.get().lots, balance_of("alice").balance) == (5, 5, 15)
    assert_ledger_is_correct()


def test_a_hold_keeps_credits_beyond_their_end_and_what_it_then_releases_expires() -> None:
    lot = grant("1", 2, expires_in=1)
    held = posting.hold(FLEETING, TICKET, owner_id="alice", nonce="2", amount=2, expires_in=60).hold.entry
    wait_until(lot.expires_on)
    assert (balance_of("alice").balance, balance_of("alice").available) == (10, 0)
    assert posting.capture(FLEETING, held.pk, nonce="3", amount=1).entry.delta == -5
    assert balance_of("alice").balance == 0
    assert operations()[2:] == [("TICKET", -5), ("CREDIT_EXPIRY", -5)]
    assert_ledger_is_correct()


def test_a_hold_and_its_lot_that_have_expired_are_counted_nowhere() -> None:
    lot = grant("1", 2, expires_in=1)
    held = posting.hold(FLEETING, TICKET, owner_id="alice", nonce="2", amount=1, expires_in=2).hold.entry
    wait_until(held.expires_on)
    assert (balance_of("alice").balance, balance_of("alice").held) == (0, 0)
    assert held.expires_on
    assert lot.expires_on
    assert balance_at("alice", held.expires_on).balance == 0
    assert balance_at("alice", lot.expires_on).balance == 5
    expire_due()
    assert operations()[2:] == [("CREDIT_EXPIRY", -5), ("HOLD_EXPIRY", 0), ("CREDIT_EXPIRY", -5)]
    assert balance_at("alice", lot.expires_on).balance == 5
    assert_ledger_is_correct()


@pytest.mark.parametrize("bonuses", [1, 3])  # the hold takes all that expires, or a part
def test_what_an_expired_hold_gives_back_counts_before_an_entry_says_so(bonuses: int) -> None:
    add()
    lot = grant("1", bonuses, expires_in=3600)
    held = posting.hold(FLEETING, TICKET, owner_id="alice", nonce="2", expires_in=1).hold.entry
    wait_until(held.expires_on)
    credits_ = 5 * bonuses
    assert lot.expires_on
    assert balance_of("alice").next_expiry == NextExpiry(credits_, lot.expires_on)
    assert [(each.entry.pk, each.left) for each in lots_of("alice", limit=2)] == [(lot.pk, credits_)]
    with pytest.raises(InsufficientBalance) as refused:
        post(FLEETING, GIFT, owner_id="alice", nonce="3", amount=11, to_owner_id="bob")
    assert refused.value.data == {
        "balance": 10 + credits_,
        "held": 0,
        "available": 10,
        "short_by": 1,
        "largest_amount": 10,
    }
    ended = end(lot_of("alice", lot.pk))
    assert (ended.delta, lot_of("alice", lot.pk), operations()[-2]) == (-credits_, None, ("HOLD_EXPIRY", 0))
    assert_ledger_is_correct()


def test_a_refund_gives_back_what_was_used_last() -> None:
    early, late = grant("1", expires_in=3600), grant("2", expires_in=7200)
    add()
    spent = spend("3", 3)
    assert drawn(spent) == {early.pk: 5, late.pk: 5}

    def refund(nonce: str) -> tuple[int, int, int]:
        post(FLEETING, BACK, owner_id="alice", nonce=nonce, reverses=spent.pk)
        assert_ledger_is_correct()
        return left(early), left(late), Account.objects.get().balance

    assert [refund("4"), refund("5"), refund("6")] == [(0, 0, 10), (0, 5, 15), (5, 5, 20)]


def test_what_is_refunded_to_a_lot_that_has_expired_expires() -> None:
    lot = grant("1", expires_in=1)
    spent = spend("2")
    wait_until(lot.expires_on)
    post(FLEETING, BACK, owner_id="alice", nonce="3", reverses=spent.pk)
    assert operations()[2:] == [("TICKET_BACK", 5), ("CREDIT_EXPIRY", -5)]
    assert (balance_of("alice").balance, expire_due()) == (0, 0)
    assert_ledger_is_correct()


def test_a_refund_can_extend_the_lifetime_of_what_has_expired() -> None:
    """Of nothing else: what has not expired goes back to its lot, and what does not expire stays so."""
    add()
    early, late = grant("1", expires_in=1), grant("2", expires_in=3600)
    spent = spend("3", 3)
    wait_until(early.expires_on)
    swapped = post(FLEETING, SWAP, owner_id="alice", nonce="4", amount=2, reverses=spent.pk).entry
    assert (swapped.expires_on, swapped.priority, left(late)) == (None, None, 5)
    swapped = post(FLEETING, SWAP, owner_id="alice", nonce="5", reverses=spent.pk).entry
    assert swapped.expires_on == swapped.created_on + timedelta(days=7)
    assert (left(early), left(swapped), balance_of("alice").balance) == (0, 5, 20)
    assert balance_at("alice", swapped.expires_on).balance == 10
    assert_ledger_is_correct()
    again = spend("6", 2)
    assert drawn(again) == {late.pk: 5, swapped.pk: 5}
    post(FLEETING, BACK, owner_id="alice", nonce="7", amount=2, reverses=again.pk)
    assert (left(late), left(swapped), operations()[-1]) == (5, 5, ("TICKET_BACK", 10))
    with pytest.raises(NotReversible):
        post(FLEETING, SWAP, owner_id="alice", nonce="8", reverses=swapped.pk)
    assert_ledger_is_correct()


def test_a_batch_cannot_spend_what_it_refunds_to_a_lot_that_has_expired() -> None:
    lot = grant("1", expires_in=1)
    spent = spend("2")
    wait_until(lot.expires_on)
    batch: list[Item[Any]] = [Item(BACK, "alice", "3", reverses=spent.pk), Item(TICKET, "alice", "4")]
    with pytest.raises(posting.BatchRefused):
        post_batch(FLEETING, batch)
    add()
    post_batch(FLEETING, batch)
    assert operations()[2:] == [("CREDIT_ADD", 10), ("TICKET_BACK", 5), ("CREDIT_EXPIRY", -5), ("TICKET", -5)]
    assert_ledger_is_correct()


def test_a_batch_refunds_a_debit_twice() -> None:
    """The second refund gives back what the first has left."""
    early, late = grant("1", expires_in=3600), grant("2", expires_in=7200)
    spent = spend("3", 2)
    post_batch(FLEETING, [Item(BACK, "alice", "4", reverses=spent.pk), Item(BACK, "alice", "5", reverses=spent.pk)])
    assert (left(early), left(late)) == (5, 5)
    assert_ledger_is_correct()


def test_a_batch_spends_what_it_grants() -> None:
    post_batch(
        FLEETING, [Item(BONUS, "alice", "1", 2), Item(TICKET, "alice", "2"), Item(BONUS, "alice", "3", expires_in=60)]
    )
    assert Account.objects.get().lots == 10
    assert sorted(OpenUnits.objects.values_list("remaining", flat=True)) == [5, 5]
    assert_ledger_is_correct()


def test_credits_that_expire_are_not_transferred() -> None:
    grant("1")
    add()
    with pytest.raises(InsufficientBalance):
        post(FLEETING, GIFT, owner_id="alice", nonce="2", amount=11, to_owner_id="bob")
    post(FLEETING, GIFT, owner_id="alice", nonce="2", amount=10, to_owner_id="bob")
    assert (balance_of("alice").balance, Account.objects.get(pk="alice").lots) == (5, 5)
    assert_ledger_is_correct()


def test_a_request_shortens_the_lifetime_and_cannot_lengthen_it() -> None:
    entry = grant("1", expires_in=60)
    assert entry.expires_on == entry.created_on + timedelta(seconds=60)
    with pytest.raises(InvalidRequest, match="expires_in"):
        grant("2", expires_in=90 * 24 * 3600 + 1)
    with pytest.raises(InvalidRequest, match="expires_in"):
        post(FLEETING, ADD, owner_id="alice", nonce="2", expires_in=60)
    with pytest.raises(NonceReused) as refused:
        grant("1", expires_in=61)
    assert refused.value.data == {"fields": ["expires_in"]}
    assert post(FLEETING, BONUS, owner_id="alice", nonce="1").replayed


def test_credits_that_expire_are_not_reversed_by_an_app() -> None:
    lot = grant("1")
    with pytest.raises(NotReversible):
        post(FLEETING, BACK, owner_id="alice", nonce="2", reverses=lot.pk)
    assert_ledger_is_correct()


def test_two_hundred_lots_and_a_debit_over_most_of_them() -> None:
    post_batch(FLEETING, [Item(BONUS, "alice", f"{n}", expires_in=3600 + n) for n in range(200)])
    spent = spend("spend", 150)
    assert len(drawn(spent)) == 150
    assert Account.objects.get().lots == 250
    open_ = OpenUnits.objects.filter(remaining__gt=0).order_by("expires_on")
    assert [units.expires_on for units in open_] == sorted(units.expires_on for units in open_ if units.expires_on)[:50]
    assert min(units.entry_id for units in open_) > max(drawn(spent))
    assert_ledger_is_correct()


def end(lot: Lot | None, nonce: str = "end") -> Entry:
    assert lot
    return end_lot(lot, nonce=nonce, reason="granted by mistake", client="staff").entry


@pytest.mark.parametrize("what", ["spent", "held", "ended", "expired"])
def test_the_end_of_a_lot_takes_no_other_credits(what: str) -> None:
    """Staff have seen the lot, and then it is emptied."""
    add()
    given = grant("1", expires_in=1)
    lot = lot_of("alice", given.pk)
    if what == "spent":
        spend("2")
    elif what == "held":
        posting.hold(FLEETING, TICKET, owner_id="alice", nonce="2")
    elif what == "ended":
        end(lot, "2")
    else:
        wait_until(given.expires_on)
    before = balance_of("alice").balance
    with pytest.raises(NotReversible):
        end(lot)
    assert balance_of("alice").balance == before
    assert_ledger_is_correct()


def test_a_lot_is_ended_once_by_many_at_once() -> None:
    add()
    lot = lot_of("alice", grant("1").pk)

    def click(number: int) -> Any:
        return end(lot, f"end-{number}")

    outcomes = at_once([partial(click, number) for number in range(8)])
    assert sorted(map(kind_of, outcomes)) == ["Entry", *["NotReversible"] * 7]
    assert balance_of("alice").balance == 10
    assert_ledger_is_correct()


def rows_of_open_units() -> int:
    """How many rows of open units this session has read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid))"
            " FROM pg_class WHERE relname LIKE 'ledger_open_units%%'",
            [],
        )
        (read,) = cursor.fetchone()
    return int(read)


def refused() -> None:
    with pytest.raises(InsufficientBalance):
        spend("4", 1000)


@pytest.mark.parametrize(
    "act",
    [
        lambda: balance_of("alice"),
        lambda: lots_of("alice", limit=10),
        lambda: open_holds_of(None, "alice", limit=10),
        lambda: spend("3"),
        refused,
    ],
)
def test_what_has_expired_of_other_owners_is_not_read(act: Callable[[], Any]) -> None:
    add()
    grant("1")
    posting.hold(FLEETING, TICKET, owner_id="alice", nonce="2")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_open_units (entry_id, owner_id, remaining, expires_on, priority)"
            " SELECT -n, 'other-' || n, 1, now() + interval '1 day', 0 FROM generate_series(1, 5000) AS n"
        )
        cursor.execute("ANALYZE ledger_open_units")  # so the statistics know nothing that has expired
        cursor.execute("UPDATE ledger_open_units SET expires_on = now() - interval '1 day' WHERE owner_id <> 'alice'")
    with transaction.atomic():
        before = rows_of_open_units()
        act()
        assert rows_of_open_units() - before < 100


def test_the_expiry_of_many_lots_reads_each_a_few_times() -> None:
    post_batch(FLEETING, [Item(BONUS, "alice", f"{n}", expires_in=1) for n in range(500)])
    posting.hold(FLEETING, TICKET, owner_id="alice", nonce="hold", amount=100, expires_in=1)
    wait_until(Entry.objects.latest("id").expires_on)
    with transaction.atomic():
        before = rows_of_open_units()
        add()
        assert rows_of_open_units() - before < 20 * 500
    assert (balance_of("alice").balance, Account.objects.get().lots) == (10, 0)
    assert_ledger_is_correct()


def test_the_sweeper_finds_what_has_expired_by_an_index() -> None:
    grant("1")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # which PostgreSQL prefers for a few rows
        cursor.execute("EXPLAIN " + sql.load("due"), {"last": ""})
        assert any("ledger_open_units_due" in line for (line,) in cursor.fetchall())


def test_debits_race_with_the_expiry_of_what_they_take() -> None:
    add()
    lot = grant("1", 20, expires_in=2)
    outcomes = at_once(
        [lambda n=n: race(lot, lambda: spend(f"race-{n}")) for n in range(30)] + [lambda: race(lot, expire_due)] * 4
    )
    assert {kind_of(outcome) for outcome in outcomes} <= {"Entry", "int", "InsufficientBalance"}
    assert_ledger_is_correct()
    spent = -sum(delta for operation, delta in operations() if operation == "TICKET")
    expired = -sum(delta for operation, delta in operations() if operation == "CREDIT_EXPIRY")
    assert spent + expired + balance_of("alice").balance == 110
    assert Account.objects.get().lots == left(lot) == 0


def race(lot: Entry, act: Callable[[], Any]) -> Any:
    """Do it at about the lot's end."""
    wait_until(lot.expires_on - timedelta(milliseconds=random.randrange(-20, 60)) if lot.expires_on else None)  # noqa: S311
    return act()


def test_refunds_race_with_the_expiry_of_the_lots_they_return_to() -> None:
    lot = grant("1", 20, expires_in=2)
    spent = spend("2", 15)
    at_once(
        [
            lambda n=n: race(lot, lambda: post(FLEETING, BACK, owner_id="alice", nonce=f"b{n}", reverses=spent.pk))
            for n in range(15)
        ]
        + [lambda: race(lot, expire_due)] * 4
    )
    expire_due()
    assert (balance_of("alice").balance, left(lot), Account.objects.get().lots) == (0, 0, 0)
    assert_ledger_is_correct()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET drawn[1][2] = 4 WHERE drawn IS NOT NULL",
        "UPDATE ledger_entry SET drawn[1][3] = 4 WHERE drawn IS NOT NULL",
        "UPDATE ledger_entry SET drawn = NULL",
        "UPDATE ledger_open_units SET remaining = remaining + 1",
        "UPDATE ledger_open_units SET expires_on = expires_on + interval '1 day'",
        "UPDATE ledger_open_units SET priority = 7",
        "DELETE FROM ledger_open_units",
    ],
)
def test_tampering_with_a_lot_is_found(statement: str) -> None:
    grant("1", 2)
    spend("2")
    assert list(verify()) == []
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")
    assert {fault.owner_id for fault in verify()} == {"alice"}


def test_an_import_finds_the_same_lots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if it makes them in chunks."""
    add()
    lot, other = grant("1", 2, expires_in=2), grant("2", expires_in=60)
    held = posting.hold(FLEETING, TICKET, owner_id="alice", nonce="3", expires_in=60).hold.entry
    spent = spend("4", 2)
    post(FLEETING, BACK, owner_id="alice", nonce="5", reverses=spent.pk)
    posting.capture(FLEETING, held.pk, nonce="6")
    wait_until(lot.expires_on)
    expire_due()
    spend("7")

    def state() -> list[Any]:
        return [
            list(Account.objects.values_list("balance", "held", "lots")),
            list(OpenUnits.objects.order_by("pk").values_list("pk", "remaining", "expires_on", "priority")),
        ]

    before = state()
    file = tmp_path / "ledger.jsonl"
    call_command("exportledger", output=file)
    empty_the_ledger()
    monkeypatch.setattr(importing, "_CHUNK", 3)
    call_command("importledger", str(file))
    assert state() == before
    assert left(other) == 0
    assert_ledger_is_correct()
