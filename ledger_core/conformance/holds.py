"""The rule of holds: what is held cannot be spent otherwise, and is captured or given back once."""

from collections import Counter

import pytest
from django.db import connection

from ledger_core import posting
from ledger_core.conformance.base import OfAnApp, assert_ledger_is_correct, cost
from ledger_core.conformance.races import AT_ONCE, at_once, kind_of
from ledger_core.models import Entry
from ledger_core.operations import Operation
from ledger_core.posting import (
    Held,
    HoldCaptured,
    HoldExceeded,
    HoldExpired,
    HoldReleased,
    InsufficientBalance,
    NonceReused,
    Posted,
)
from ledger_core.queries.balances import balance_of
from ledger_core.queries.holds import HoldNotFound, HoldState, hold_of


@pytest.mark.django_db
class Holds(OfAnApp):
    def hold(self, operation: Operation, nonce: str, amount: int = 1, expires_in: int | None = None) -> Held:
        """Hold credits of an owner for the app."""
        return posting.hold(
            self.operations, operation, owner_id="owner", nonce=nonce, amount=amount, expires_in=expires_in
        )

    def units(self, operation: Operation) -> int:
        """Return how many units the tests hold: three, if one request may ask for so many."""
        return min(3, operation.max_amount)

    def test_what_is_held_cannot_be_spent(self, holdable: Operation) -> None:
        self.fund("owner", holdable, 1)
        units = min(holdable.max_amount, balance_of("owner").balance // cost(holdable))
        before = balance_of("owner")
        held = self.hold(holdable, "1", units)
        assert (held.hold.state, held.hold.left, held.hold.held) == (HoldState.OPEN, units, units * cost(holdable))
        after = balance_of("owner")
        assert (after.balance, after.held) == (before.balance, units * cost(holdable))
        if after.available < cost(holdable):
            with pytest.raises(InsufficientBalance):
                self.post(holdable, "2")
            with pytest.raises(InsufficientBalance):
                self.hold(holdable, "3")
        assert_ledger_is_correct()

    def test_a_repeated_request_holds_once(self, holdable: Operation) -> None:
        self.fund("owner", holdable, 2)
        first, again = (self.hold(holdable, "1", expires_in=60) for _ in range(2))
        assert (first.replayed, again.replayed) == (False, True)
        assert again.hold == first.hold
        for other in (lambda: self.hold(holdable, "1", expires_in=61), lambda: self.post(holdable, "1")):
            with pytest.raises(NonceReused):
                other()
        assert_ledger_is_correct()

    def test_a_capture_posts_the_debit_and_gives_the_rest_back(self, holdable: Operation) -> None:
        units = self.units(holdable)
        self.fund("owner", holdable, units)
        before = balance_of("owner").balance
        made = self.hold(holdable, "1", units).hold
        posted = posting.capture(self.operations, made.entry.pk, nonce="2", amount=1)
        assert (posted.entry.operation, posted.entry.amount, posted.entry.delta) == (holdable.code, 1, -cost(holdable))
        assert posting.capture(self.operations, made.entry.pk, nonce="2", amount=1).replayed
        now = hold_of(self.operations.app, made.entry.pk)
        assert (now.state, now.captured, now.left) == (HoldState.CAPTURED, 1, 0)
        assert (balance_of("owner").balance, balance_of("owner").held) == (before - cost(holdable), 0)
        for ended in (posting.capture, posting.release):
            with pytest.raises(HoldCaptured):
                ended(self.operations, made.entry.pk, nonce="3")
        assert_ledger_is_correct()

    def test_a_hold_is_captured_in_parts(self, holdable: Operation) -> None:
        units = self.units(holdable)
        self.fund("owner", holdable, units)
        made = self.hold(holdable, "1", units).hold
        with pytest.raises(HoldExceeded) as exceeded:
            posting.capture(self.operations, made.entry.pk, nonce="2", amount=units + 1)
        assert exceeded.value.data == {"remaining": units}
        for n in range(units):
            posting.capture(self.operations, made.entry.pk, nonce=f"part {n}", amount=1, final=False)
            assert balance_of("owner").held == (units - 1 - n) * cost(holdable)
        assert hold_of(self.operations.app, made.entry.pk).state is HoldState.CAPTURED
        with pytest.raises(HoldCaptured):
            posting.capture(self.operations, made.entry.pk, nonce="more", amount=1)
        assert_ledger_is_correct()

    def test_a_release_gives_all_back(self, holdable: Operation) -> None:
        self.fund("owner", holdable, 1)
        before = balance_of("owner").balance
        made = self.hold(holdable, "1").hold
        posting.release(self.operations, made.entry.pk, nonce="2")
        assert posting.release(self.operations, made.entry.pk, nonce="2").replayed
        assert (balance_of("owner").balance, balance_of("owner").held) == (before, 0)
        for ended in (posting.capture, posting.release):
            with pytest.raises(HoldReleased):
                ended(self.operations, made.entry.pk, nonce="3")
        assert_ledger_is_correct()

    def test_a_hold_that_does_not_exist_is_not_found(self, holdable: Operation) -> None:
        self.fund("owner", holdable, 1)
        no_hold = Entry.objects.latest("id").pk
        for hold_id in (no_hold, no_hold + 10**6):
            with pytest.raises(HoldNotFound):
                posting.capture(self.operations, hold_id, nonce="2")

    @pytest.mark.django_db(transaction=True)
    def test_an_expired_hold_counts_no_more_and_its_end_is_written_by_the_next_post(self, holdable: Operation) -> None:
        self.fund("owner", holdable, 1)
        made = self.hold(holdable, "1", expires_in=1).hold
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(extract(epoch FROM %s - clock_timestamp()))", [made.entry.expires_on])
        assert balance_of("owner").held == 0
        assert hold_of(self.operations.app, made.entry.pk).state is HoldState.EXPIRED
        for ended in (posting.capture, posting.release):
            with pytest.raises(HoldExpired):
                ended(self.operations, made.entry.pk, nonce="2")
        self.post(holdable, "3")
        assert list(Entry.objects.filter(hold=made.entry.pk).values_list("operation", flat=True)) == ["HOLD_EXPIRY"]
        assert hold_of(self.operations.app, made.entry.pk).state is HoldState.EXPIRED
        assert_ledger_is_correct()

    @pytest.mark.django_db(transaction=True)
    def test_one_of_many_ends_a_hold(self, holdable: Operation) -> None:
        self.fund("owner", holdable, 1)
        hold_id = self.hold(holdable, "1").hold.entry.pk
        calls = [
            lambda n=n: (posting.capture if n % 2 else posting.release)(self.operations, hold_id, nonce=f"race-{n}")
            for n in range(AT_ONCE)
        ]
        kinds = Counter(map(kind_of, at_once(calls)))
        assert kinds in ({"posted": 1, "HoldCaptured": AT_ONCE - 1}, {"posted": 1, "HoldReleased": AT_ONCE - 1})
        assert_ledger_is_correct()

    @pytest.mark.django_db(transaction=True)
    def test_holds_and_debits_never_take_more_than_there_is(self, holdable: Operation) -> None:
        self.fund("owner", holdable, 2)
        there = balance_of("owner").balance // cost(holdable)
        amount = min(holdable.max_amount, max(1, there // 2))

        def take(n: int) -> Posted | Held:
            if n % 2:
                return self.hold(holdable, f"race-{n}", amount)
            return self.post(holdable, f"race-{n}", amount=amount)

        outcomes = at_once([lambda n=n: take(n) for n in range(AT_ONCE)])  # type: ignore[misc]
        taken = min(AT_ONCE, there // amount)
        refused = sum(isinstance(outcome, InsufficientBalance) for outcome in outcomes)
        assert (refused, len(outcomes)) == (AT_ONCE - taken, AT_ONCE), outcomes
        assert balance_of("owner").available >= 0
        assert_ledger_is_correct()
