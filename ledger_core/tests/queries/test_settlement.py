"""Settlement: which credits paid for what. It is compared with a list of single credits, and with sums."""

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger_core import posting
from ledger_core.errors import LedgerError
from ledger_core.management.reporting import Found
from ledger_core.models import Account, Entry
from ledger_core.operations import SharedOperation
from ledger_core.posting import post, post_batch
from ledger_core.posting.expiry import end_lot
from ledger_core.queries.lots import lots_of
from ledger_core.queries.settlement import Settlement, Source, settlement
from ledger_core.queries.trial_balance import trial_balance
from ledger_core.tests.imaginary import ADD, FLEETING, SPEND, FleetingOperation

pytestmark = pytest.mark.django_db

BONUS, COUPON, TICKET, BACK, GIFT, SWAP = FleetingOperation
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
REWARD = SharedOperation.SIGNUP_CREDIT


def of(operation: Any) -> Source:
    return Source(FLEETING.app, operation.code)


def settled(since: datetime = BEGINNING, until: datetime | None = None) -> Settlement:
    return settlement(since, until or timezone.now() + timedelta(hours=1))


def lines(found: Settlement) -> dict[str, tuple[int, int, dict[str, int], int]]:
    return {
        line.source.operation: (
            line.before,
            line.given,
            {taker.operation: credits_ for taker, credits_ in line.spent.items()},
            line.after,
        )
        for line in found.lines
    }


def act(operation: Any, nonce: str, owner: str = "alice", **fields: Any) -> Entry:
    return post(FLEETING, operation, owner_id=owner, nonce=nonce, **fields).entry


def test_credits_are_spent_in_the_order_in_which_they_were_given() -> None:
    act(REWARD, "1")
    act(ADD, "2")
    act(TICKET, "3")
    act(SPEND, "4", amount=2)
    assert lines(settled()) == {
        "SIGNUP_CREDIT": (0, 3, {"TICKET": 3}, 0),
        "CREDIT_ADD": (0, 10, {"TICKET": 2, "CREDIT_SPEND": 2}, 6),
    }


def test_a_lot_pays_for_what_was_drawn_on_it_and_expiry_takes_the_rest() -> None:
    act(ADD, "1")
    act(BONUS, "2", amount=2)
    act(TICKET, "3")
    (lot,) = lots_of("alice", limit=2)
    end_lot(lot, nonce="4", reason="why", client="")
    assert lines(settled()) == {
        "BONUS": (0, 10, {"TICKET": 5, "CREDIT_EXPIRY": 5}, 0),
        "CREDIT_ADD": (0, 10, {}, 10),
    }


def test_a_refund_gives_back_to_what_was_used_last() -> None:
    act(REWARD, "1")
    act(ADD, "2")
    spent = act(TICKET, "3")
    act(BACK, "4", reverses=spent.pk)
    act(TICKET, "5", amount=2)
    assert lines(settled()) == {
        "SIGNUP_CREDIT": (0, 3, {"TICKET": 6, "TICKET_BACK": -3}, 0),
        "CREDIT_ADD": (0, 10, {"TICKET": 9, "TICKET_BACK": -2}, 3),
    }


def test_a_hold_pays_when_it_is_captured() -> None:
    act(BONUS, "1")
    act(ADD, "2")
    hold = posting.hold(FLEETING, TICKET, owner_id="alice", nonce="3", amount=2).hold.entry
    assert lines(settled())["BONUS"] == (0, 5, {}, 5)
    posting.capture(FLEETING, hold.pk, nonce="4")
    assert lines(settled()) == {"BONUS": (0, 5, {"TICKET": 5}, 0), "CREDIT_ADD": (0, 10, {"TICKET": 5}, 5)}


def test_what_a_refund_extends_it_gives_itself() -> None:
    lot = act(BONUS, "1", expires_in=1)
    spent = act(TICKET, "2")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(extract(epoch FROM %s - clock_timestamp()))", [lot.expires_on])
    act(SWAP, "3", reverses=spent.pk)
    act(SPEND, "4", amount=2)
    assert lines(settled()) == {
        "BONUS": (0, 5, {"TICKET": 5}, 0),
        "TICKET_SWAP": (0, 5, {"CREDIT_SPEND": 2}, 3),
    }
    assert settled().agrees


def test_a_transfer_is_spent_by_one_owner_and_given_to_the_other() -> None:
    act(ADD, "1")
    act(GIFT, "2", amount=4, to_owner_id="bob")
    act(SPEND, "3", "bob")
    assert lines(settled()) == {
        "CREDIT_ADD": (0, 10, {"GIFT": 4}, 6),
        "GIFT": (0, 4, {"CREDIT_SPEND": 1}, 3),
    }


def test_a_period_begins_with_what_was_left() -> None:
    act(ADD, "1")
    middle = act(SPEND, "2", amount=3).created_on + timedelta(microseconds=1)
    act(SPEND, "3")
    assert lines(settled(until=middle)) == {"CREDIT_ADD": (0, 10, {"CREDIT_SPEND": 3}, 7)}
    assert lines(settled(since=middle)) == {"CREDIT_ADD": (7, 0, {"CREDIT_SPEND": 1}, 6)}


def test_an_empty_ledger_and_an_empty_period_have_no_lines() -> None:
    assert (settled().lines, settled().agrees) == ([], True)
    act(ADD, "1")
    assert lines(settled(until=BEGINNING + timedelta(days=1))) == {}


def test_an_owner_with_more_entries_than_a_page() -> None:
    for n in range(11):
        items = [posting.Item(SPEND if m % 2 else ADD, "alice", f"{n}-{m}") for m in range(1000)]
        post_batch(FLEETING, items)
    act(ADD, "bob", "bob")
    pages: list[int] = []
    found = settlement(BEGINNING, timezone.now() + timedelta(hours=1), progress=pages.append)
    assert lines(found) == {"CREDIT_ADD": (0, 55_010, {"CREDIT_SPEND": 5_500}, 49_510)}
    assert (found.agrees, pages) == (True, [10_000, 1_001])


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["give", "bonus", "coupon", "spend", "ticket", "back", "swap", "hold", "end", "gift", "batch", "lot"]
        ),
        st.integers(1, 4),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=25,
)
PLAIN = {"give": ADD, "bonus": BONUS, "coupon": COUPON, "spend": SPEND, "ticket": TICKET}


class History:
    """Two owners, and what happens to them."""

    def __init__(self, name: str) -> None:
        self.owners = [f"{name}-alice", f"{name}-bob"]
        self.number = 0

    def act(self, what: str, amount: int, which: int) -> None:
        self.number += 1
        owner, other = self.owners if which % 2 else self.owners[::-1]
        nonce = str(self.number)
        entries = Entry.objects.filter(owner_id=owner).order_by("-seq")
        if what in PLAIN:
            act(PLAIN[what], nonce, owner, amount=amount)
        elif what == "gift":
            act(GIFT, nonce, owner, amount=amount, to_owner_id=other)
        elif what == "batch":
            items: list[posting.Item[Any]] = [
                posting.Item(each, owner, f"{nonce}-{n}", amount) for n, each in enumerate((BONUS, TICKET, SPEND))
            ]
            post_batch(FLEETING, items)
        elif what == "hold":
            posting.hold(FLEETING, TICKET, owner_id=owner, nonce=nonce, amount=amount)
        elif what == "end" and (hold := entries.filter(held__gt=0)[which : which + 1]):
            posting.capture(FLEETING, hold[0].pk, nonce=nonce, amount=amount, final=bool(which % 3))
        elif what in ("back", "swap") and (debit := entries.filter(operation="TICKET", delta__lt=0)[which : which + 1]):
            operation = BACK if what == "back" else SWAP
            act(operation, nonce, owner, reverses=debit[0].pk, amount=min(amount, debit[0].amount))
        elif what == "lot" and (lots := lots_of(owner, limit=5)):
            end_lot(lots[which % len(lots)], nonce=nonce, reason="why", client="")


def by_single_credits(owner: str) -> Counter[tuple[str, str]]:
    """Return what paid for what. Each credit that does not expire is an element of a list, spent from its beginning."""
    found: Counter[tuple[str, str]] = Counter()
    given: list[str] = []
    spent = 0
    names = dict(Entry.objects.filter(owner_id=owner).values_list("pk", "operation"))
    for entry in Entry.objects.filter(owner_id=owner).order_by("seq"):
        rest = entry.delta
        for lot, taken, paid in entry.drawn or ():
            if taken or paid > 0:  # otherwise the refund gives it itself
                found[names[lot], entry.operation] += paid
            rest += paid
        if entry.priority is not None and entry.drawn is None:
            continue
        if rest > 0 and entry.reverses is None:
            given += [entry.operation] * rest
        elif rest > 0:
            found.subtract((source, entry.operation) for source in given[spent - rest : spent])
            spent -= rest
        else:
            found.update((source, entry.operation) for source in given[spent : spent - rest])
            spent -= rest
    return found


examples = iter(range(10**9))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(ACTIONS, st.integers(0, 100))
def test_any_history_is_settled_to_the_credit(actions: list[tuple[str, int, int]], cut: int) -> None:
    """It agrees with single credits, the trial balance and the balances, and two parts of a period with the whole."""
    history = History(str(next(examples)))
    for action in actions:
        try:
            history.act(*action)
        except LedgerError:
            continue
    whole = settled()
    assert whole.agrees
    assert sum(line.after for line in whole.lines) == Account.objects.aggregate(sum=Sum("balance"))["sum"]
    assert whole.moved == {Source(line.app, line.operation): line.credits for line in trial_balance().lines}
    expected: Counter[tuple[str, str]] = Counter()
    for owner in Account.objects.values_list("pk", flat=True):
        expected.update(by_single_credits(owner))
    found = {
        (line.source.operation, taker.operation): credits_
        for line in whole.lines
        for taker, credits_ in line.spent.items()
    }
    assert found == {cell: credits_ for cell, credits_ in expected.items() if credits_}

    entries = Entry.objects.order_by("created_on")
    if entries:
        middle = entries[cut * (len(entries) - 1) // 100].created_on
        first, second = settled(until=middle), settled(since=middle)
        assert first.agrees
        assert second.agrees
        parts: Counter[tuple[Source, Source | None]] = Counter()
        for part in (first, second):
            for line in part.lines:
                parts[line.source, None] += line.given
                parts.update({(line.source, taker): credits_ for taker, credits_ in line.spent.items()})
        total: Counter[tuple[Source, Source | None]] = Counter(
            {(line.source, None): line.given for line in whole.lines}
        )
        for line in whole.lines:
            total.update({(line.source, taker): credits_ for taker, credits_ in line.spent.items()})
        assert {cell: credits_ for cell, credits_ in parts.items() if credits_} == {
            cell: credits_ for cell, credits_ in total.items() if credits_
        }
        left = {line.source: line.after for line in first.lines if line.after}
        assert left == {line.source: line.before for line in second.lines if line.before}


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("settlement", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_a_table_csv_or_json() -> None:
    act(ADD, "1")
    act(SPEND, "2", amount=3)
    rows = [
        [f"{FLEETING.app}:CREDIT_ADD", "left before", 0],
        [f"{FLEETING.app}:CREDIT_ADD", "given", 10],
        [f"{FLEETING.app}:CREDIT_ADD", f"{FLEETING.app}:CREDIT_SPEND", -3],
        [f"{FLEETING.app}:CREDIT_ADD", "left after", 7],
    ]
    assert [line.split()[-1] for line in run("--until", "2100-01-01").splitlines()] == ["+0", "+10", "-3", "+7"]
    head, *printed = csv.reader(io.StringIO(run("--until", "2100-01-01", "--csv")))
    assert head == ["credits given by", "what", "credits"]
    assert [[*names, int(credits_)] for *names, credits_ in printed] == rows
    report = json.loads(run("--until", "2100-01-01T00:00:00Z", "--json"))
    assert report["agrees"]
    assert report["lines"] == [
        {
            "given_by": rows[0][0],
            "left_before": 0,
            "given": 10,
            "spent": {rows[2][1]: 3},
            "left_after": 7,
        }
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--since", "2026-11-02", "--until", "2026-11-01"),
        ("--since", "2026-11-01", "--until", "2026-11-01"),
        ("--since", "yesterday"),
        ("--since", "2026-11-24T09:30:00"),
        ("--csv", "--json"),
    ],
)
def test_the_command_refuses_what_is_no_period(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)


def test_a_difference_from_the_entries_is_found() -> None:
    """Credits were spent that nothing gave."""
    act(ADD, "1")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ledger_entry SET delta = -4")
        cursor.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(Found, match="differs"):
        run("--until", "2100-01-01")
