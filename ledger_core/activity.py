"""Activity: what was posted over the last days, by app and operation, as of a minute ago at most."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from threading import Lock

from cachetools import TTLCache, cached
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from ledger_core import sql
from ledger_core.trial_balance import Line

DAYS = 30
CACHE_SECONDS = 60
# An entry has the moment at which its statement began, and a statement ends within seconds: so long after a day has
# ended, none is added to it.
_CLOSED_AFTER = timedelta(hours=1)
_ACTIVITY = sql.load("activity")


@dataclass(frozen=True, slots=True)
class Activity:
    """The entries since the beginning of a day, by app and operation, the most numerous first.

    None for lines: they could not be counted before the database's time for a statement was over.
    """

    since: date
    counted_on: datetime
    lines: list[Line] | None


class _Days:
    """What was posted on each of the days, counted once in a process where the day is over."""

    def __init__(self) -> None:
        # The first day that can still change, and rows of days before it. One value: threads replace it as a whole.
        self._closed: tuple[date, list[sql.Row]] = (date.min, [])

    def since(self, first: date, now: datetime) -> list[sql.Row]:
        open_, closed = self._closed
        rows = [row for row in closed if row[0] >= first] + _count(max(first, open_))
        open_ = (now - _CLOSED_AFTER).date()
        self._closed = open_, [row for row in rows if row[0] < open_]
        return rows


_days = _Days()


@cached(TTLCache(1, CACHE_SECONDS), lock=Lock())
def activity() -> Activity:
    """Return the activity of today and the 29 days before, in UTC."""
    now = timezone.now()
    first = now.date() - timedelta(days=DAYS - 1)
    try:
        return Activity(first, now, _sum(_days.since(first, now)))
    except OperationalError:
        return Activity(first, now, None)


def _count(since: date) -> list[sql.Row]:
    with transaction.atomic(), connection.cursor() as cursor:
        # Prepared, it would soon be planned for any moment, and read the table for one of today.
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        cursor.execute(_ACTIVITY, {"since": datetime.combine(since, time.min, UTC)})
        rows: list[sql.Row] = cursor.fetchall()
        return rows


def _sum(rows: list[sql.Row]) -> list[Line]:
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for _, app, operation, entries, moved in rows:
        before = sums.get((app, operation), (0, 0))
        sums[app, operation] = before[0] + entries, before[1] + int(moved)
    lines = [Line(*operation, *moved) for operation, moved in sums.items()]
    return sorted(lines, key=lambda line: (-line.entries, line.app, line.operation))
