"""Conformance tests with several requests at the same time, each on its own connection."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connection

from ledger_core.conformance.base import OfAnApp, assert_ledger_is_correct, balance_of, cost
from ledger_core.models import Entry
from ledger_core.operations import Operation, SharedOperation
from ledger_core.posting import Posted

T = TypeVar("T")
_AT_ONCE = 8


@pytest.mark.django_db(transaction=True)
class Races(OfAnApp):
    def test_simultaneous_requests_with_one_nonce_are_posted_once(self, operation: Operation) -> None:
        request = self.prepared(operation)
        outcomes = at_once([lambda: self.post(operation, "1", **request)] * _AT_ONCE)
        assert Counter(map(_kind, outcomes)) == {"posted": 1, "replayed": _AT_ONCE - 1}
        assert_ledger_is_correct()

    def test_one_of_different_simultaneous_requests_gets_the_nonce(self) -> None:
        add = SharedOperation.CREDIT_ADD
        outcomes = at_once([lambda n=n: self.post(add, "1", amount=n + 1) for n in range(_AT_ONCE)])  # type: ignore[misc]
        assert Counter(map(_kind, outcomes)) == {"posted": 1, "NonceReused": _AT_ONCE - 1}
        assert_ledger_is_correct()

    def test_simultaneous_debits_never_exceed_the_balance(self, debit: Operation) -> None:
        self.fund("owner", debit, 2)
        balance = balance_of("owner") // cost(debit)
        amount = min(debit.max_amount, max(1, balance // 2))  # so that only a few of the debits can succeed
        taken = min(_AT_ONCE, balance // amount)
        outcomes = self._race(debit, amount=amount)
        assert Counter(map(_kind, outcomes)) == Counter(posted=taken, InsufficientBalance=_AT_ONCE - taken)
        assert_ledger_is_correct()

    def test_simultaneous_claims_succeed_once(self, claim: Operation) -> None:
        outcomes = self._race(claim, **self.prepared(claim, units=_AT_ONCE))
        assert Counter(map(_kind, outcomes)) == {"posted": 1, "AlreadyClaimed": _AT_ONCE - 1}
        assert_ledger_is_correct()

    def test_simultaneous_reversals_never_exceed_the_entry(self, reversal: Operation) -> None:
        request = self.prepared(reversal, units=2)
        units = Entry.objects.get(pk=request["reverses"]).amount
        outcomes = self._race(reversal, **request)
        assert Counter(map(_kind, outcomes)) == {"posted": units, "NotReversible": _AT_ONCE - units}
        assert_ledger_is_correct()

    def _race(self, operation: Operation, **fields: Any) -> list[Posted | Exception]:
        """Post the operation several times at once, each time with another nonce."""
        return at_once([lambda n=n: self.post(operation, f"race-{n}", **fields) for n in range(_AT_ONCE)])  # type: ignore[misc]


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Make the calls at the same time, each on its own connection. Return what each returned or raised, in order."""
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        connection.ensure_connection()
        start.wait(timeout=30)
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def _kind(outcome: Posted | Exception) -> str:
    if isinstance(outcome, Posted):
        return "replayed" if outcome.replayed else "posted"
    return type(outcome).__name__
