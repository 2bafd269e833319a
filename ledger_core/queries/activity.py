"""Activity: what was posted over the last 30 days, by app and operation. Results are cached for a minute."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from threading import Lock
from time import monotonic

from cachetools import TTLCache, cached
from django.db import OperationalError, connection
from django.utils import timezone

from ledger_core import sql
from ledger_core.queries.trial_balance import Line

DAYS = 30
CACHE_SECONDS = 60
# Seconds for which one call counts days. The next call counts the days that are left.
_PATIENCE = 2.0
# An entry has the time at which its statement began, and a statement ends within seconds. So an hour after a day has
# ended, nothing more is added to it.
_CLOSED_AFTER = timedelta(hours=1)
_DAY = timedelta(days=1)
_ACTIVITY = sql.load("activity")


@dataclass(frozen=True, slots=True)
class Activity:
    """The entries since the beginning of a day, by app and operation, the most numerous first.

    `complete`: whether all days are counted. `lines` is None if counting only today exceeded the statement timeout.
    """

    since: date
    complete: bool
    counted_on: datetime
    lines: list[Line] | None


class _Days:
    """What was posted on each day. A day that is over is counted once per process."""

    def __init__(self) -> None:
        self._closed: dict[date, list[Line]] = {}

    def count(self, first: date, now: datetime) -> dict[date, list[Line]]:
        """Return the counts from today back to `first`, or as far as time allows: each call adds at least one day."""
        until, closed = monotonic() + _PATIENCE, self._closed  # another thread can replace the attribute
        days: dict[date, list[Line]] = {}
        day, counted = now.date(), 0
        while day >= first and (day in closed or counted < 2 or monotonic() < until):
            counted += day not in closed
            days[day] = closed[day] if day in closed else _count(day)
            day -= _DAY
        open_ = (now - _CLOSED_AFTER).date()
        self._closed = {day: lines for day, lines in days.items() if day < open_}
        return days


_days = _Days()


@cached(TTLCache(1, CACHE_SECONDS), lock=Lock())
def activity() -> Activity:
    """Return the activity of today and the 29 days before it, in UTC."""
    now = timezone.now()
    first = now.date() - (DAYS - 1) * _DAY
    try:
        days = _days.count(first, now)
    except OperationalError:
        return Activity(first, complete=False, counted_on=now, lines=None)
    return Activity(min(days), complete=min(days) == first, counted_on=now, lines=_sum(days))


def _count(day: date) -> list[Line]:
    since = datetime.combine(day, time.min, UTC)
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVITY, {"since": since, "until": since + _DAY})
        return [Line(app, operation, entries, int(moved)) for app, operation, entries, moved in cursor.fetchall()]


def _sum(days: dict[date, list[Line]]) -> list[Line]:
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for line in (line for lines in days.values() for line in lines):
        entries, moved = sums.get((line.app, line.operation), (0, 0))
        sums[line.app, line.operation] = entries + line.entries, moved + line.credits
    lines = [Line(*operation, *moved) for operation, moved in sums.items()]
    return sorted(lines, key=lambda line: (-line.entries, line.app, line.operation))
