"""Holds: one by its id, and the open ones of an owner."""

from enum import StrEnum

from msgspec import Struct

from ledger_core.errors import LedgerError
from ledger_core.models import ENTRY_COLUMNS, Entry
from ledger_core.operations.endings import HoldEnd
from ledger_core.postgresql.statement import Row, Statement
from ledger_core.values import EntryId, OwnerId, check, mistake_in

_HOLD = Statement("hold", entry=ENTRY_COLUMNS)
_OWNER_OF_HOLD = Statement("owner_of_hold")
_OPEN_HOLDS = Statement("open_holds", entry=ENTRY_COLUMNS)


class HoldNotFound(LedgerError):
    """The app has made no hold with this id."""

    code = "hold-not-found"
    status = 404
    title = "The app has no such hold"
    remedy = "Check the id and the app. An app can read, capture and release only the holds that it has made."


class HoldState(StrEnum):
    """The state of a hold."""

    OPEN = "open"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


_BY_END = {HoldEnd.HOLD_RELEASE.code: HoldState.RELEASED, HoldEnd.HOLD_EXPIRY.code: HoldState.EXPIRED}


class Hold(Struct, frozen=True):
    """A hold: the entry that made it, its units that are `left`, those that were `captured`, and its state.

    An expired hold has no units left, even if its entry HOLD_EXPIRY is not yet written.
    """

    entry: Entry
    left: int
    captured: int
    state: HoldState

    @classmethod
    def made_by(cls, entry: Entry) -> "Hold":
        """Return the hold that an entry has just made."""
        return cls(entry, entry.amount, 0, HoldState.OPEN)

    @property
    def held(self) -> int:
        """The credits that it reserves now."""
        return self.entry.held // self.entry.amount * self.left


def hold_of(app: str, hold_id: int) -> Hold:
    """Return the app's hold with this id, or raise HoldNotFound."""
    rows = [] if mistake_in(hold_id, EntryId) else _HOLD.fetch({"id": hold_id, "app": app})
    for row in rows:
        return _hold(row)
    raise _not_found(app, hold_id)


def owner_of_hold(app: str, hold_id: int) -> tuple[str, str]:
    """Return the owner of the app's hold with this id, and its operation's code, or raise HoldNotFound."""
    rows = [] if mistake_in(hold_id, EntryId) else _OWNER_OF_HOLD.fetch({"id": hold_id, "app": app})
    for owner_id, operation in rows:
        return owner_id, operation
    raise _not_found(app, hold_id)


def _not_found(app: str, hold_id: int) -> HoldNotFound:
    return HoldNotFound(f"{app} has made no hold with the id {hold_id}.")


def open_holds_of(app: str | None, owner_id: str, *, limit: int, before: int | None = None) -> list[Hold]:
    """Return at most `limit` open holds that the app has made for the owner, newest first, with ids below `before`.

    With the app None, it returns the holds of all apps.
    """
    check(owner_id, OwnerId, "owner_id")
    asked = {"app": app, "owner_id": owner_id, "before": before, "limit": limit}
    return [_hold(row) for row in _OPEN_HOLDS.fetch(asked)]


def _hold(row: Row) -> Hold:
    left, captured, last, expired, *columns = row
    (entry,) = Entry.of_rows([columns])
    if left and not expired:
        return Hold(entry, left, captured, HoldState.OPEN)
    state = HoldState.EXPIRED if expired else _BY_END.get(last, HoldState.CAPTURED)
    return Hold(entry, 0, captured, state)
