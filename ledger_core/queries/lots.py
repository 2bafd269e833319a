"""Lots: the open ones of an owner, in the order in which debits use them."""

from django.db.models.functions import Now
from msgspec import Struct

from ledger_core.models import ENTRY_COLUMNS, Entry, OpenUnits
from ledger_core.postgresql.statement import Statement
from ledger_core.values import OwnerId, check

_LOTS = Statement("lots", entry=ENTRY_COLUMNS)


class Lot(Struct, frozen=True):
    """A lot: the entry that gave its credits, and how many of them are `left`. Those that are held are not."""

    entry: Entry
    left: int


def lot_of(owner_id: str, lot_id: int) -> Lot | None:
    """Return the owner's lot with this id, if anything is left of it that has not expired."""
    open_ = OpenUnits.objects.filter(owner_id=owner_id, pk=lot_id, priority__isnull=False, expires_on__gt=Now())
    return next((Lot(units.entry, units.remaining) for units in open_.select_related("entry")), None)


def lots_of(owner_id: str, *, limit: int, after: int | None = None) -> list[Lot]:
    """Return at most `limit` open lots of the owner in the order of their use, those that follow the lot `after`.

    None of them has expired. Raises InvalidRequest.
    """
    check(owner_id, OwnerId, "owner_id")
    rows = _LOTS.fetch({"owner_id": owner_id, "after": after, "limit": limit})
    entries = Entry.of_rows([row[1:] for row in rows])
    return [Lot(entry, left) for entry, (left, *_) in zip(entries, rows, strict=True)]
