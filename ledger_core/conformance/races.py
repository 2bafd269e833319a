"""Many requests at one moment, on real connections."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connection

from ledger_core.conformance.base import OfAnApp, assert_the_books_agree, balance_of, cost
from ledger_core.models import Entry
from ledger_core.operations import Operation, SharedOperation
from ledger_core.posting import Posted

T = TypeVar("T")
_AT_ONCE = 8


@pytest.mark.django_db(transaction=True)
class Races(OfAnApp):
    def test_at_once_with_one_nonce_it_is_posted_once(self, operation: Operation) -> None:
        request = self.prepared(operation)
        outcomes = at_once([lambda: self.post(operation, "1", **request)] * _AT_ONCE)
        assert Counter(map(_kind, outcomes)) == {"posted": 1, "replayed": _AT_ONCE - 1}
        assert_the_books_agree()

    def test_at_once_one_of_different_requests_has_the_nonce(self) -> None:
        add = SharedOperation.CREDIT_ADD
        outcomes = at_once([lambda n=n: self.post(add, "1", amount=n + 1) for n in range(_AT_ONCE)])  # type: ignore[misc]
        assert Counter(map(_kind, outcomes)) == {"posted": 1, "NonceReused": _AT_ONCE - 1}
        assert_the_books_agree()

    def test_at_once_no_more_is_taken_than_there_is(self, debit: Operation) -> None:
        self.fund("owner", debit, 2)
        there = balance_of("owner") // cost(debit)
        amount = min(debit.max_amount, max(1, there // 2))  # so that few of them can be had
        taken = min(_AT_ONCE, there // amount)
        outcomes = self._race(debit, amount=amount)
        assert Counter(map(_kind, outcomes)) == Counter(posted=taken, InsufficientBalance=_AT_ONCE - taken)
        assert_the_books_agree()

    def test_at_once_it_is_had_once(self, claim: Operation) -> None:
        outcomes = self._race(claim, **self.prepared(claim, units=_AT_ONCE))
        assert Counter(map(_kind, outcomes)) == {"posted": 1, "AlreadyClaimed": _AT_ONCE - 1}
        assert_the_books_agree()

    def test_at_once_no_more_is_taken_back_than_there_was(self, reversal: Operation) -> None:
        request = self.prepared(reversal, units=2)
        units = Entry.objects.get(pk=request["reverses"]).amount
        outcomes = self._race(reversal, **request)
        assert Counter(map(_kind, outcomes)) == {"posted": units, "NotReversible": _AT_ONCE - units}
        assert_the_books_agree()

    def _race(self, operation: Operation, **fields: Any) -> list[Posted | Exception]:
        """Post it at once, each time as a request of its own."""
        return at_once([lambda n=n: self.post(operation, f"race-{n}", **fields) for n in range(_AT_ONCE)])  # type: ignore[misc]


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Make the calls at one moment, each on a connection of its own; return what each returned or raised, in order."""
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
