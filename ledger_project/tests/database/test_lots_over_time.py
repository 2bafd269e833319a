"""Hypothesis drives lots and holds against a model, on a PostgreSQL whose clock it advances. Nothing sleeps.

The model is written from docs/lots.md and docs/holds.md. It has the accepted requests with their times, and computes
the state at any moment from them alone. So the sweeper cannot matter to it: half of the histories have one.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger_project.development.embedded import EmbeddedPostgres
from ledger_project.tests.conftest import ROOT, environment
from ledger_project.tests.servers import FAKETIME, clock_of

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not FAKETIME, reason="libfaketime is not installed (the package faketime)"),
]

TICKET = 5  # credits
EXTENDED = timedelta(days=7)
# Some come more often.
WHATS = [*("grant", "spend", "refund", "swap", "advance") * 2, "give", "hold", "capture", "release", "send"]
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Lot:
    priority: int
    end: datetime
    left: int

    def order(self, lot_id: int) -> tuple[int, datetime, int]:
        return self.priority, self.end, lot_id


@dataclass
class Hold:
    end: datetime
    units: int
    taken: dict[int, int]


@dataclass
class Debit:
    units: int
    spent: dict[int, int]


@dataclass
class State:
    """An owner at a moment. `drawn` has what the last request drew on lots."""

    balance: int = 0
    lots: dict[int, Lot] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    debits: dict[int, Debit] = field(default_factory=dict)
    drawn: dict[int, int] = field(default_factory=dict)

    @property
    def held(self) -> int:
        return sum(hold.units for hold in self.holds.values()) * TICKET

    @property
    def expiring(self) -> int:
        return sum(lot.left for lot in self.lots.values())

    @property
    def left(self) -> list[tuple[int, datetime, int]]:
        """The id, end and credits of each lot that has some, in the order of their use."""
        lots = sorted(self.lots.items(), key=lambda each: each[1].order(each[0]))
        return [(lot_id, lot.end, lot.left) for lot_id, lot in lots if lot.left]

    def expire(self, now: datetime) -> None:
        while due := [
            *((lot.end, lot_id, lot) for lot_id, lot in self.lots.items() if lot.left and lot.end <= now),
            *((hold.end, hold_id, hold) for hold_id, hold in self.holds.items() if hold.units and hold.end <= now),
        ]:
            _, _, first = min(due, key=lambda each: each[:2])
            if isinstance(first, Lot):
                self.balance -= first.left
                first.left = 0
            elif isinstance(first, Hold):
                self.release(first)

    def release(self, hold: Hold) -> None:
        for lot_id, there in hold.taken.items():
            self.lots[lot_id].left += there
        self.drawn = {lot_id: -there for lot_id, there in hold.taken.items() if there}
        hold.units, hold.taken = 0, {}

    def take(self, credits_: int) -> dict[int, int]:
        taken = {}
        for lot_id, _, left in self.left:
            if part := min(credits_, left):
                self.lots[lot_id].left -= part
                credits_ -= part
                taken[lot_id] = part
        self.drawn = dict(taken)
        return taken

    def do(self, request: "Request") -> None:
        self.expire(request.time)
        self.drawn = {}
        getattr(self, f"do_{request.what}")(request)
        self.expire(request.time)

    def do_give(self, request: "Request") -> None:
        self.balance += request.credits

    def do_grant(self, request: "Request") -> None:
        self.balance += request.credits
        self.lots[request.id] = Lot(request.priority, request.time + request.lifetime, request.credits)

    def do_send(self, request: "Request") -> None:
        self.balance -= request.credits

    def do_spend(self, request: "Request") -> None:
        self.balance -= request.units * TICKET
        self.debits[request.id] = Debit(request.units, self.take(request.units * TICKET))

    def do_hold(self, request: "Request") -> None:
        self.holds[request.id] = Hold(request.time + request.lifetime, request.units, self.take(request.units * TICKET))

    def do_capture(self, request: "Request") -> None:
        hold = self.holds[request.of]
        credits_, spent = request.units * TICKET, {}
        for lot_id in sorted(hold.taken, key=lambda lot_id: self.lots[lot_id].order(lot_id)):
            if part := min(credits_, hold.taken[lot_id]):
                hold.taken[lot_id] -= part
                credits_ -= part
                spent[lot_id] = part
        self.balance -= request.units * TICKET
        hold.units -= request.units
        self.debits[request.id] = Debit(request.units, dict(spent))
        if request.final:
            self.release(hold)
        self.drawn = spent

    def do_release(self, request: "Request") -> None:
        self.release(self.holds[request.of])

    def do_refund(self, request: "Request") -> None:
        debit = self.debits[request.of]
        debit.units -= request.units
        self.balance += request.units * TICKET
        back = max(0, sum(debit.spent.values()) - debit.units * TICKET)
        extended, drawn = 0, {}
        for lot_id in sorted(debit.spent, key=lambda lot_id: self.lots[lot_id].order(lot_id), reverse=True):
            if part := min(back, debit.spent[lot_id]):
                debit.spent[lot_id] -= part
                back -= part
                drawn[lot_id] = -part
                if request.extends and self.lots[lot_id].end <= request.time:
                    extended += part
                else:
                    self.lots[lot_id].left += part
        if extended:
            self.lots[request.id] = Lot(0, request.time + EXTENDED, extended)
        self.drawn = drawn


@dataclass
class Request:
    """An accepted request: what the ledger was asked, and the id and time of its entry."""

    what: str
    id: int = 0
    time: datetime = NEVER
    credits: int = 0
    units: int = 0
    priority: int = 0
    lifetime: timedelta = timedelta()
    of: int = 0
    final: bool = True
    extends: bool = False


def state(requests: list[Request], moment: datetime) -> State:
    """Return the state at a moment, computed from the requests until then."""
    reached = State()
    for request in requests:
        if request.time <= moment:
            reached.do(request)
    drawn = reached.drawn
    reached.expire(moment)
    reached.drawn = drawn
    return reached


def drive(clock: Path, examples: int) -> None:
    """Run histories on the ledger of DATABASE_URL, whose database goes by the clock in the file."""
    import django

    django.setup()
    from django.db import connection
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    from ledger_core import posting
    from ledger_core.errors import LedgerError
    from ledger_core.models import Account, Entry
    from ledger_core.posting.expiry import expire_due
    from ledger_core.queries.balances import balance_at, balance_of
    from ledger_core.queries.lots import lot_of, lots_of
    from ledger_core.rules.balance import InsufficientBalance
    from ledger_core.tests.imaginary import ADD, FLEETING, FleetingOperation
    from ledger_core.verification import verify

    bonus, coupon, ticket, back, gift, swap = FleetingOperation
    offset = 0
    numbers = iter(range(10**9))

    def advance(seconds: int) -> None:
        nonlocal offset
        offset += seconds
        clock.write_text(f"+{offset}\n")

    def now() -> datetime:
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement_timestamp()")
            moment: datetime = cursor.fetchone()[0]
        return moment

    def check(owner: str, expected: State) -> None:
        """Compare all that the ledger tells of the owner now."""
        found = balance_of(owner)
        expiry = found.next_expiry
        assert (found.balance, found.held) == (expected.balance, expected.held)
        assert [(lot.entry.pk, lot.entry.expires_on, lot.left) for lot in lots_of(owner, limit=50)] == expected.left
        first = min((end for _, end, _ in expected.left), default=None)
        assert (expiry and (expiry.expires_on, expiry.credits)) == (
            first and (first, sum(left for _, end, left in expected.left if end == first))
        )
        for lot_id in expected.lots:
            lot = lot_of(owner, lot_id)
            assert (lot.left if lot else 0) == expected.lots[lot_id].left

    # Ends are at multiples of a thousand seconds after a request, and the clock advances by an odd number of half
    # thousands. So no end is at the moment at which it would be compared.
    step = st.tuples(
        st.sampled_from(WHATS),
        st.sampled_from([1, 1, 1, 2, 3]),
        st.integers(0, 7),
        st.booleans(),
    )

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(step, min_size=10, max_size=40), st.booleans())
    def history(steps: list[tuple[str, int, int, bool]], sweeps: bool) -> None:
        owner = f"owner-{next(numbers)}"
        requests: list[Request] = []
        for what, units, which, flag in steps:
            nonce = str(next(numbers))
            if what == "advance":
                advance(1000 * (units - 1) * (1 + which) + 500 + 1000 * (offset // 500 % 2))
                if sweeps and flag:
                    expire_due()
                continue
            extends, what = what == "swap", "refund" if what == "swap" else what
            request = Request(what, units=units, final=flag, extends=extends)
            request.credits = units * {"give": 10, "grant": 5, "send": 1}.get(what, 0)
            request.priority, request.lifetime = int(flag), timedelta(seconds=1000 * (1 + which))
            before = state(requests, now())
            if requests:
                check(owner, before)
            targets = [
                each.id
                for each in requests
                if each.what in {"capture": ["hold"], "release": ["hold"], "refund": ["spend", "capture"]}.get(what, [])
            ]
            if what in ("capture", "release", "refund"):
                if not targets:
                    continue
                request.of = targets[which % len(targets)]
            seconds = 1000 * (1 + which)
            allowed = {
                "spend": units * TICKET <= before.balance - before.held,
                "hold": units * TICKET <= before.balance - before.held,
                "send": units <= before.balance - before.held - before.expiring,
                "capture": request.of in before.holds and 1 <= units <= before.holds[request.of].units,
                "release": request.of in before.holds and before.holds[request.of].units > 0,
                "refund": request.of in before.debits and units <= before.debits[request.of].units,
            }.get(what, True)
            refused = None
            try:
                match what:
                    case "give":
                        entry = posting.post(FLEETING, ADD, owner_id=owner, nonce=nonce, amount=units).entry
                    case "grant":
                        operation = coupon if flag else bonus
                        entry = posting.post(
                            FLEETING, operation, owner_id=owner, nonce=nonce, amount=units, expires_in=seconds
                        ).entry
                    case "spend":
                        entry = posting.post(FLEETING, ticket, owner_id=owner, nonce=nonce, amount=units).entry
                    case "send":
                        entry = posting.post(
                            FLEETING, gift, owner_id=owner, nonce=nonce, amount=units, to_owner_id="receiver"
                        ).entry
                    case "hold":
                        entry = posting.hold(
                            FLEETING, ticket, owner_id=owner, nonce=nonce, amount=units, expires_in=seconds
                        ).hold.entry
                    case "capture":
                        entry = posting.capture(FLEETING, request.of, nonce=nonce, amount=units, final=flag).entry
                    case "release":
                        entry = posting.release(FLEETING, request.of, nonce=nonce).entry
                    case _:
                        entry = posting.post(
                            FLEETING,
                            swap if extends else back,
                            owner_id=owner,
                            nonce=nonce,
                            amount=units,
                            reverses=request.of,
                        ).entry
            except LedgerError as error:
                entry, refused = None, error
            assert (entry is not None) == allowed, (what, steps)
            if isinstance(refused, InsufficientBalance):
                available = before.balance - before.held - (before.expiring if what == "send" else 0)
                unit = 1 if what == "send" else TICKET
                assert refused.data == {
                    "balance": before.balance,
                    "held": before.held,
                    "available": available,
                    "short_by": units * unit - available,
                    "largest_amount": available // unit,
                }, steps
            if entry is None:
                continue
            request.id, request.time = entry.pk, entry.created_on
            requests.append(request)

            expected = state(requests, request.time)
            check(owner, expected)
            assert {
                lot: spent if entry.delta else taken
                for lot, taken, spent in entry.drawn or ()
                if (spent if entry.delta else taken)
            } == expected.drawn, steps
            expire_due() if sweeps and which == 0 else None

        moments = [each.time + extra for each in requests for extra in (timedelta(), each.lifetime, EXTENDED)]
        for moment in [*moments, *(each - timedelta(seconds=1) for each in moments)]:
            if requests and moment >= requests[0].time:
                expected, then = state(requests, moment), balance_at(owner, moment)
                assert (then.balance, then.held) == (expected.balance, expected.held), (moment, steps)
        if requests:
            assert Account.objects.get(pk=owner).lots >= 0
            assert [str(fault) for fault in verify(owner=owner)] == []

    history()
    kinds = dict(
        Entry.objects.values_list("operation").distinct().order_by("operation").values_list("operation", "app")
    )
    assert {"CREDIT_EXPIRY", "HOLD_EXPIRY", "HOLD_RELEASE", "TICKET_SWAP", "GIFT"} <= kinds.keys(), kinds
    assert Entry.objects.filter(operation="TICKET_SWAP", priority__isnull=False).exists()


@pytest.fixture
def clock(folder: Path) -> Path:
    folder.chmod(0o755)  # PostgreSQL reads the clock, as another user where this one is root
    clock = folder / "clock"
    clock.write_text("+0\n")
    return clock


@pytest.fixture
def url(folder: Path, clock: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in clock_of(clock).items():
            patch.setenv(name, value)
        postgres = EmbeddedPostgres(folder / "postgres")
        started = postgres.__enter__()
    try:
        yield started
    finally:
        postgres.__exit__()


def test_lots_and_holds_are_as_documented_at_every_moment(url: str, clock: Path) -> None:
    for arguments in (["manage.py", "migrate", "-v", "0"], ["-m", __name__, str(clock), "300"]):
        settings: dict[str, Any] = environment(DATABASE_URL=url, DJANGO_SETTINGS_MODULE="ledger_project.settings")
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-5000:] + done.stdout[-2000:]


if __name__ == "__main__":
    assert os.environ["DATABASE_URL"]
    drive(Path(sys.argv[1]), int(sys.argv[2]))
