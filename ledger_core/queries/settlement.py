"""Settlement: which credits paid for what, in a period."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple

import msgspec

from ledger_core.postgresql.statement import Row, Statement

_SETTLEMENT = Statement("settlement")


class Source(NamedTuple):
    """An operation of an app, which gives credits or takes them."""

    app: str
    operation: str

    def __str__(self) -> str:
        return f"{self.app}:{self.operation}"


# Credits by the operation that gave them and the one that took them. Without a taker: the credits that were given.
# Without a giver: the sum of all entries of the taker.
Cells = Counter[tuple[Source | None, Source | None]]


@dataclass(frozen=True, slots=True)
class Line:
    """The credits of one operation: those left `before` the period, those `given` in it, and those left `after` it.

    `spent`: the credits that each operation took in the period, including expiry. Negative if more credits came back.
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
    """The lines of a period, and for comparison the sums of the entries: of each operation in it, and of all before."""

    lines: list[Line]
    moved: dict[Source, int]
    moved_before: int

    @property
    def takers(self) -> list[Source]:
        """The operations that took credits."""
        return sorted({taker for line in self.lines for taker in line.spent})

    @property
    def rows(self) -> Iterator[tuple[str, str, int]]:
        """Yield the source, a label and the credits of each row. Credits that were taken are negative."""
        for line in self.lines:
            yield str(line.source), "left before", line.before
            yield str(line.source), "given", line.given
            yield from ((str(line.source), str(taker), -credits_) for taker, credits_ in line.spent.items())
            yield str(line.source), "left after", line.after

    @property
    def differences(self) -> dict[Source, int]:
        """The difference between the lines and the sums of the entries, by operation. Empty if they agree."""
        found = Counter(self.moved)
        for line in self.lines:
            found[line.source] -= line.given
            found.update(line.spent)
        return {source: credits_ for source, credits_ in sorted(found.items()) if credits_}

    @property
    def agrees(self) -> bool:
        """Whether the lines agree with the entries: with those of each operation, and with all before the period."""
        return not self.differences and self.moved_before == sum(line.before for line in self.lines)


def settlement(
    since: datetime, until: datetime, *, progress: Callable[[int], object] = lambda entries: None
) -> Settlement:
    """Return the settlement of the entries posted at or after `since` and before `until`.

    It reads all entries, because earlier entries gave credits that the period spent. `progress` is called with the
    number of entries of each page. An entry has the time at which its statement began, so a period is final once its
    end is longer ago than the statement timeout.
    """
    before, within, _ = periods = Cells(), Cells(), Cells()
    source_of = cache(Source)
    owner_id, owner = "", _Owner()
    for page in _pages(since, until):
        for period, of, _, entry_id, app, operation, *moved in page:
            if of != owner_id:
                owner_id, owner = of, _Owner()
            owner.add(periods[period], entry_id, source_of(app, operation), *moved)
        progress(len(page))
    return Settlement(list(_lines(before, within)), _moved(within), sum(_moved(before).values()))


def _pages(since: datetime, until: datetime) -> Iterator[list[Row]]:
    owner_id, seq = "", 0
    while page := _SETTLEMENT.fetch({"owner_id": owner_id, "seq": seq, "since": since, "until": until}):
        yield page
        _, owner_id, seq, *_ = page[-1]


class _Owner:
    """An owner's credits, as the entries that are added have left them.

    Credits that do not expire lie on a line, in the order in which they were given: `sources` and `credits` have what
    gave them and how many. The line is spent as far as `used` credits of the element `place`. A debit moves this point
    forward, and a refund moves it back. For credits that expire, each entry says which lots it draws on.
    """

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.credits: list[int] = []
        self.place = self.used = 0
        self.lots: dict[int, Source] = {}

    def add(
        self,
        cells: Cells,
        entry_id: int,
        source: Source,
        delta: int,
        refund: bool,
        priority: int | None,
        drawn: list[list[int]] | None,
    ) -> None:
        """Add the owner's next entry, and to the cells what it gives and takes."""
        cells[None, source] += delta
        plain, expiring = (delta, 0) if priority is None else (0, delta)
        if drawn is not None:
            plain, expiring = delta, 0
            for lot_id, taken, spent in drawn:
                plain += spent
                if not taken and spent < 0:  # a refund gives these credits itself, because the lot has expired
                    expiring -= spent
                elif lot := self.lots.get(lot_id):
                    cells[lot, source] += spent
        if priority is not None:
            self.lots[entry_id] = source
            cells[source, None] += expiring
        if plain < 0:
            self._take(cells, source, -plain)
        elif refund:
            self._give_back(cells, source, plain)
        elif plain:
            self.sources.append(source)
            self.credits.append(plain)
            cells[source, None] += plain

    def _take(self, cells: Cells, taker: Source, credits_: int) -> None:
        # If more is taken than was given, the rest is paid by nobody, and the settlement differs from the entries.
        while credits_ and self.place < len(self.credits):
            there = self.credits[self.place] - self.used
            part = min(credits_, there)
            cells[self.sources[self.place], taker] += part
            credits_ -= part
            self.used += part
            if part == there:
                self.place, self.used = self.place + 1, 0

    def _give_back(self, cells: Cells, taker: Source, credits_: int) -> None:
        while credits_ and (self.used or self.place):
            if not self.used:
                self.place -= 1
                self.used = self.credits[self.place]
            part = min(credits_, self.used)
            cells[self.sources[self.place], taker] -= part
            credits_ -= part
            self.used -= part


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
