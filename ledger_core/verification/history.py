"""The history of entries: each entry is checked against the one before it, each account against its newest entry."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from ledger_core import sql
from ledger_core.verification.ranges import Range, all_ranges, in_parallel, range_of

_VERIFY = sql.load("verify")


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry or account that is not as the service wrote it. `seq` is None if the entry no longer exists."""

    owner_id: str
    seq: int | None
    detail: str


def verify(
    *,
    owner: str | None = None,
    since: datetime | None = None,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda entries: None,
) -> Iterator[Fault]:
    """Yield the faults in the history: of one owner or all, in the entries since a moment or all.

    Checks each entry's sequence number, time, balance, delta and hash against the entry before it; each account against
    its newest entry; and for each reversed entry, how many units are left to reverse.

    `jobs` ranges of owners are checked at once. `progress` is called with the number of entries of each range when the
    range is checked. Raises InvalidRequest if `owner` cannot be an owner's id.
    """
    ranges = all_ranges() if owner is None else iter([range_of(owner)])
    for checked, faults in in_parallel(lambda range_: _faults(range_, since), ranges, jobs):
        yield from faults
        progress(checked.entries)


def _faults(range_: Range, since: datetime | None) -> list[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(_VERIFY, {"first": range_.first, "stop": range_.stop, "since": since})
        return [Fault(*row) for row in cursor.fetchall()]
