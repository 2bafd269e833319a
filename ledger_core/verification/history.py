"""Verification: whether the books are as they were posted. It reads while others post."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Barrier

from django.db import connection, transaction

from ledger_core import sql
from ledger_core.models import Account, Verification
from ledger_core.values import OwnerId, check

_VERIFY = sql.load("verify")
_FUTURE = sql.load("future")
_ENTRIES_AT_ONCE = 20_000  # a range of owners with about as many: a tenth of a second, and a step of the progress bar
_EVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was posted, at an owner's entry of that sequence number."""

    owner_id: str
    seq: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class FutureEntries:
    """Entries of an owner that are later than the database's clock, from the sequence number `seq` on.

    No fault: they follow from those before them. The clock was ahead when they were posted, or is behind now.
    """

    owner_id: str
    seq: int
    entries: int
    newest: datetime

    @property
    def detail(self) -> str:
        return f"time: {self.entries} entries are later than the database's clock, up to {self.newest.isoformat()}"


@dataclass(frozen=True, slots=True)
class _Range:
    """Owners from `first` on and before `stop`, with about so many entries."""

    first: str
    stop: str | None
    entries: int


def verify(
    *,
    owner: str | None = None,
    since: datetime = _EVER,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda entries: None,
) -> Iterator[Fault]:
    """Yield the faults in the books: of all owners or of one, in all entries or those since a moment.

    For every entry: its place in the sequence, its time, its balance, its delta and its hash, each against the entry
    before; for every account: its newest entry; for every entry that was reversed: the units. `jobs` ranges of
    owners are read at once, each over a connection of its own. `progress` is told of each range's entries.
    """
    ranges = _ranges() if owner is None else iter([_range_of(owner)])
    for checked, faults in _in_parallel(lambda range_: _faults(range_, since), ranges, jobs):
        yield from faults
        progress(checked.entries)


def in_the_future(owner: str | None = None) -> list[FutureEntries]:
    """Return the owners, or the one, who have entries that are later than the database's clock by over a minute."""
    with connection.cursor() as cursor:
        cursor.execute(_FUTURE, {"owner": owner})
        return [FutureEntries(*row) for row in cursor.fetchall()]


def record(*, started_on: datetime, accounts: int, entries: int, faults: int) -> None:
    """Keep what a verification of all the books found, for the admin."""
    with transaction.atomic():  # so that a transaction around it goes on, where it may not be kept
        Verification.objects.create(started_on=started_on, accounts=accounts, entries=entries, faults=faults)


def _range_of(owner: str) -> _Range:
    check(owner, OwnerId, "owner")
    # No owner has a control character, so nobody stands between.
    return _Range(owner, f"{owner}\x01", Account.objects.filter(pk=owner).values_list("seq", flat=True).first() or 0)


def _ranges() -> Iterator[_Range]:
    """Yield ranges that hold every owner there could be, so that an entry without an account is met too."""
    first, entries = "", 0
    for owner_id, seq in _accounts():
        if entries >= _ENTRIES_AT_ONCE:
            yield _Range(first, owner_id, entries)
            first, entries = owner_id, 0
        entries += seq
    yield _Range(first, None, entries)


def _accounts() -> Iterator[tuple[str, int]]:
    """Yield each account and its number of entries: in pages, since a pooler in transaction mode keeps no cursor."""
    last = ""
    while page := list(Account.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "seq")[:10_000]):
        yield from page
        last = page[-1][0]


def _faults(range_: _Range, since: datetime) -> list[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(_VERIFY, {"first": range_.first, "stop": range_.stop, "since": since})
        return [Fault(*row) for row in cursor.fetchall()]


def _in_parallel(
    work: Callable[[_Range], list[Fault]], ranges: Iterator[_Range], jobs: int
) -> Iterator[tuple[_Range, list[Fault]]]:
    if jobs == 1:  # here, on this connection and in its transaction
        yield from ((range_, work(range_)) for range_ in ranges)
        return

    all_here = Barrier(jobs)

    def close() -> None:
        all_here.wait()  # so that each thread takes one of these
        connection.close()

    with ThreadPoolExecutor(jobs) as threads:
        waiting: deque[tuple[_Range, Future[list[Fault]]]] = deque()
        try:
            for range_ in ranges:
                waiting.append((range_, threads.submit(work, range_)))  # on the thread's own connection
                if len(waiting) > 2 * jobs:  # no more than the threads need, however many there are
                    done, future = waiting.popleft()
                    yield done, future.result()
            for done, future in waiting:
                yield done, future.result()
        finally:
            for closed in [threads.submit(close) for _ in range(jobs)]:
                closed.result()
