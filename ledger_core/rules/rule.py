"""What a rule of the database has: the names of its constraints, and for each a function that explains a rejection."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from ledger_core.errors import LedgerError
from ledger_core.models import Entry
from ledger_core.operations.drafts import Draft, Holding


class Outcome(Struct, frozen=True):
    """The result of a draft that the database tried: `ledger_outcome` in sql/migrations/0001_posting.sql.

    `entry`: the entry that the draft would become, or the entry of an `earlier` request with its nonce. None: the draft
    was rejected. `other`: the other side of a transfer. `rejected_by`: the name of the constraint, or the SQLSTATE if a
    number did not fit its column.

    The other fields are for explaining a rejection. `payer`: the owner whose balance the draft would lower. `balance`,
    `held`, `expiring`: the payer's credits, those that are held, and those that expire and are not held. `claimed_on`:
    when the owner last took the claim. `amount`, `remaining`: all units and the units left, of the entry to reverse or
    of the hold. `moved`: the credits that each of these units moved or reserved. `ended_by`: the operation that ended
    the hold.
    """

    earlier: bool
    rejected_by: str | None
    payer: str | None
    balance: int | None
    held: int | None
    expiring: int | None
    claimed_on: datetime | None
    amount: int | None
    remaining: int | None
    moved: int | None
    ended_by: str | None
    entry: Entry | None = None
    other: Entry | None = None

    def takes(self, draft: Draft) -> int:
        """Return how many credits the draft takes from the payer, or reserves. Negative: it gives the owner credits."""
        if isinstance(draft.hold, Holding):
            return draft.hold.held
        if draft.delta is not None:
            return -draft.delta
        moved = (self.moved or 0) * draft.item.amount
        return moved if self.payer == draft.item.owner_id else -moved


Explanations = Mapping[str, Callable[[Draft, Outcome], LedgerError]]
