"""What a rule of the database has: the names of its constraints, and for each a function that explains a rejection."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from ledger_core.errors import LedgerError
from ledger_core.models import Entry
from ledger_core.operations.drafts import Draft, Holding


class Outcome(Struct, frozen=True):
    """What became of a draft that the database tried: `ledger_outcome` in sql/migrations/0001_posting.sql.

    `entry`: what it would become, or what an `earlier` request with its nonce became. None: it was rejected. `other`:
    the other side of a transfer. `rejected_by`: the name of the constraint; the SQLSTATE where a column's type is the
    limit.

    Only if it was rejected: `payer`, the owner whose balance it would lower, with `balance`, the credits that are
    `held`, and those of the others that are `expiring`; `claimed_on`, when the owner last took the claim; and of the
    entry to reverse or the hold to draw on, `amount`, its units, `remaining`, those that are left, `moved`, the credits
    that one unit moved or reserved, and `ended_by`, the operation that ended the hold.
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
        """Return how many credits the draft takes or reserves of the payer. Negative: it gives them to the owner."""
        if isinstance(draft.hold, Holding):
            return draft.hold.held
        if draft.delta is not None:
            return -draft.delta
        moved = (self.moved or 0) * draft.item.amount
        return moved if self.payer == draft.item.owner_id else -moved


Explanations = Mapping[str, Callable[[Draft, Outcome], LedgerError]]
