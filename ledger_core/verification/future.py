"""Entries in the future: later than the database's clock by more than a minute."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from ledger_core import sql

_FUTURE = sql.load("future")


@dataclass(frozen=True, slots=True)
class FutureEntries:
    """An owner's entries in the future: from sequence number `seq` on, how many, and the time of the newest.

    They are not a fault of the history, since they follow from the entries before them. Either the clock was ahead when
    they were posted, or it is behind now.
    """

    owner_id: str
    seq: int
    entries: int
    newest: datetime

    @property
    def detail(self) -> str:
        """Describe the finding in one line."""
        are = "1 entry is" if self.entries == 1 else f"{self.entries} entries are"
        return f"time: {are} later than the database's clock, up to {self.newest.isoformat()}"


def in_the_future(owner: str | None = None) -> list[FutureEntries]:
    """Return the entries in the future of one owner or all; one item for each owner who has any."""
    with connection.cursor() as cursor:
        cursor.execute(_FUTURE, {"owner": owner})
        return [FutureEntries(*row) for row in cursor.fetchall()]
