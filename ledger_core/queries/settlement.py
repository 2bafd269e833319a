"""Settlement: which credits paid for what, in a period."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from ledger_core import sql
from ledger_core.queries.ranges import Range, all_ranges, in_parallel

_SETTLEMENT = sql.load("settlement")


class Source(NamedTuple):
    """An operation of an app, which gives credits or takes them."""

    app: str
    operation: str

    def __str__(self) -> str:
        return f"{self.app}:{self.operation}"


# Credits by what gave and what took them. None took them: they were given. None gave them: the sum of the entries.
Cells = Counter[tuple[Source | None, Source | None]]


@dataclass(frozen=True, slots=True)
class Line:
    """The credits that one operation gave: what was left before the period, what came, went, and is left after it.

    `spent` has the credits by the operation that took them: negative if more came back than went. Expiry is one of
    these operations.
    """

    source: Source
    before: int
    given: int
    spent: dict[Source, int]

    @property
    def after(self) -> int:
        return self.before + self.given - sum(self.spent.values())


@dataclass(frozen=True, slots=True)
class Settlement:
    """The lines of a period, and the sums of the entries of each operation in it, with which they have to agree."""

    lines: list[Line]
    moved: dict[Source, int]
    moved_before: int

    @property
    def takers(self) -> list[Source]:
        """The operations that took credits."""
        return sorted({taker for line in self.lines for taker in line.spent})

    @property
    def rows(self) -> Iterator[tuple[str, str, int]]:
        """Yield for each line its source, what became of the credits, and how many: the last is what is left."""
        for line in self.lines:
            yield str(line.source), "left before", line.before
            yield str(line.source), "given", line.given
            yield from ((str(line.source), str(taker), -credits_) for taker, credits_ in line.spent.items())
            yield str(line.source), "left after", line.after

    @property
    def differences(self) -> dict[Source, int]:
        """By how much the lines differ from the trial balance, by operation. Empty, unless there is a fault."""
        found = Counter(self.moved)
        for line in self.lines:
            found[line.source] -= line.given
            found.update(line.spent)
        return {source: credits_ for source, credits_ in sorted(found.items()) if credits_}

    @property
    def agrees(self) -> bool:
        """Whether all credits are accounted for: in each operation, and in what was left before."""
        return not self.differences and self.moved_before == sum(line.before for line in self.lines)


def settlement(
    since: datetime,
    until: datetime,
    *,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda entries: None,
) -> Settlement:
    """Return the settlement of the entries posted at or after `since` and before `until`.

    It reads all entries before `until`, because earlier ones gave the credits that were spent. For `jobs` and
    `progress` see `verification.verify`. An entry has the time at which its statement began, so a period is final once
    its end is longer ago than the statement timeout.
    """
    before: Cells = Counter()
    within: Cells = Counter()

    def read(range_: Range) -> list[Any]:
        parameters = {"first": range_.first, "stop": range_.stop, "since": since, "until": until}
        with connection.cursor() as cursor:
            cursor.execute(_SETTLEMENT, parameters)
            return list(cursor.fetchall())

    for range_, rows in in_parallel(read, all_ranges(), jobs):
        for *named, earlier, later in rows:
            from_app, from_operation, app, operation = named
            cell = from_app and Source(from_app, from_operation), app and Source(app, operation)
            before[cell] += earlier
            within[cell] += later
        progress(range_.entries)
    return Settlement(list(_lines(before, within)), _moved(within), sum(_moved(before).values()))


def as_csv(settled: Settlement) -> str:
    """Return the rows as CSV, with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["credits given by", "what", "credits"])
    writer.writerows(settled.rows)
    return text.getvalue()


def as_json(settled: Settlement, since: datetime | None, until: datetime) -> bytes:
    """Return the settlement as JSON, with an object for each line."""
    lines = [
        {
            "given_by": str(line.source),
            "left_before": line.before,
            "given": line.given,
            "spent": {str(taker): credits_ for taker, credits_ in line.spent.items()},
            "left_after": line.after,
        }
        for line in settled.lines
    ]
    return msgspec.json.encode({"since": since, "until": until, "agrees": settled.agrees, "lines": lines})


def _moved(cells: Cells) -> dict[Source, int]:
    return {taker: moved for (source, taker), moved in cells.items() if source is None and taker is not None}


def _lines(before: Cells, within: Cells) -> Iterator[Line]:
    for source in sorted({source for source, _ in before.keys() | within.keys() if source is not None}):
        spent = {taker: moved for (of, taker), moved in within.items() if of == source and taker is not None and moved}
        left = sum(moved if taker is None else -moved for (of, taker), moved in before.items() if of == source)
        if left or spent or within[source, None]:
            yield Line(source, left, within[source, None], dict(sorted(spent.items())))
