"""Lots: the open ones of an owner, in the order in which debits use them."""

from msgspec import Struct

from ledger_core.models import ENTRY_COLUMNS, Entry
from ledger_core.postgresql.statement import Parameters, Statement
from ledger_core.values import OwnerId, check

_LOTS = Statement("lots", entry=ENTRY_COLUMNS)


class Lot(Struct, frozen=True):
    """A lot: the entry that gave its credits, and how many of them are `left`: neither spent nor held."""

    entry: Entry
    left: int


def lot_of(owner_id: str, lot_id: int) -> Lot | None:
    """Return the owner's lot with this id. None: it has expired, or no credits of it are left."""
    return next(iter(_lots({"owner_id": owner_id, "lot": lot_id, "after": None, "limit": 1})), None)


def lots_of(owner_id: str, *, limit: int, after: int | None = None) -> list[Lot]:
    """Return at most `limit` lots of the owner in the order of their use, starting after the lot `after`.

    It leaves out lots that have expired or that have no credits left. Raises InvalidRequest.
    """
    check(owner_id, OwnerId, "owner_id")
    return _lots({"owner_id": owner_id, "lot": None, "after": after, "limit": limit})


def _lots(parameters: Parameters) -> list[Lot]:
    rows = _LOTS.fetch(parameters)
    entries = Entry.of_rows([row[1:] for row in rows])
    return [Lot(entry, left) for entry, (left, *_) in zip(entries, rows, strict=True)]
