"""Lots: the open ones of an owner, in the order in which debits use them."""

from msgspec import Struct

from ledger_core.models import ENTRY_COLUMNS, Entry
from ledger_core.postgresql.statement import Parameters, Statement
from ledger_core.values import OwnerId, check

_LOTS = Statement("lots", entry=ENTRY_COLUMNS)


class Lot(Struct, frozen=True):
    """A lot: the entry that gave its credits, and how many of them are `left`. Those that are held are not."""

    entry: Entry
    left: int


def lot_of(owner_id: str, lot_id: int) -> Lot | None:
    """Return the owner's lot with this id, if anything is left of it that has not expired."""
    return next(iter(_lots({"owner_id": owner_id, "lot": lot_id, "after": None, "limit": 1})), None)


def lots_of(owner_id: str, *, limit: int, after: int | None = None) -> list[Lot]:
    """Return at most `limit` lots of the owner in the order of their use, those that follow the lot `after`.

    Something is left of each, and none has expired. Raises InvalidRequest.
    """
    check(owner_id, OwnerId, "owner_id")
    return _lots({"owner_id": owner_id, "lot": None, "after": after, "limit": limit})


def _lots(parameters: Parameters) -> list[Lot]:
    rows = _LOTS.fetch(parameters)
    entries = Entry.of_rows([row[1:] for row in rows])
    return [Lot(entry, left) for entry, (left, *_) in zip(entries, rows, strict=True)]
