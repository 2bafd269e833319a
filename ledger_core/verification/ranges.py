"""Ranges of owners with about the same number of entries, and work on several ranges at the same time."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import TypeVar

from django.db import connection

from ledger_core.models import Account
from ledger_core.values import OwnerId, check

T = TypeVar("T")

_ENTRIES_PER_RANGE = 20_000  # PostgreSQL checks them in about 0.1 s; the progress bar moves once per range


@dataclass(frozen=True, slots=True)
class Range:
    """The owners from `first` (included) to `stop` (excluded, or None for no end), and how many entries they have."""

    first: str
    stop: str | None
    entries: int


def range_of(owner: str) -> Range:
    """Return the range that holds only this owner. Raises InvalidRequest for a text that cannot be an owner's id."""
    check(owner, OwnerId, "owner")
    # Ids have no control characters, so no other owner sorts between these two.
    return Range(owner, f"{owner}\x01", Account.objects.filter(pk=owner).values_list("seq", flat=True).first() or 0)


def all_ranges() -> Iterator[Range]:
    """Yield ranges that cover every possible owner id, so that entries without an account are checked too."""
    first, entries = "", 0
    for owner_id, seq in _accounts():
        if entries >= _ENTRIES_PER_RANGE:
            yield Range(first, owner_id, entries)
            first, entries = owner_id, 0
        entries += seq
    yield Range(first, None, entries)


def _accounts() -> Iterator[tuple[str, int]]:
    """Yield each owner and the number of their entries. Reads in pages: transaction poolers do not support cursors."""
    last = ""
    while page := list(Account.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "seq")[:10_000]):
        yield from page
        last = page[-1][0]


def in_parallel(work: Callable[[Range], T], ranges: Iterator[Range], jobs: int) -> Iterator[tuple[Range, T]]:
    """Yield each range and what `work` returns for it, in order.

    With `jobs` = 1, `work` runs in this thread, on its connection and in its transaction. With more, that many threads
    run it, each on a connection of its own, which is closed at the end.
    """
    if jobs == 1:
        yield from ((range_, work(range_)) for range_ in ranges)
        return

    all_threads = Barrier(jobs)

    def close() -> None:
        all_threads.wait()  # so that each thread runs exactly one `close`
        connection.close()

    with ThreadPoolExecutor(jobs) as threads:
        waiting: deque[tuple[Range, Future[T]]] = deque()
        try:
            for range_ in ranges:
                waiting.append((range_, threads.submit(work, range_)))
                if len(waiting) > 2 * jobs:  # bounds the memory: enough to keep every thread busy
                    done, future = waiting.popleft()
                    yield done, future.result()
            for done, future in waiting:
                yield done, future.result()
        finally:
            for closed in [threads.submit(close) for _ in range(jobs)]:
                closed.result()
