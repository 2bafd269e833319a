"""Entries: one by its id, and pages of an owner's entries or of an app's."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from ledger_core import sql
from ledger_core.errors import InvalidOperation, LedgerError
from ledger_core.models import ENTRY_COLUMNS, Entry
from ledger_core.operations import OperationSet
from ledger_core.operations.endings import RESERVED
from ledger_core.postgresql.statement import Statement
from ledger_core.queries.balances import AccountNotFound
from ledger_core.values import EntryId, OwnerId, check, mistake_in


class Order(StrEnum):
    """The order of a page of entries."""

    NEWEST_FIRST = "newest_first"
    OLDEST_FIRST = "oldest_first"


_SEARCHED = 10_000  # how many entries of an owner one page searches at most, as in entries_of_owner.sql
# The newest entries, which pages of an app leave out if the oldest come first. An entry has the time at which its
# statement began, and the service ends statements after ten seconds (STATEMENT_TIMEOUT). So no entry appears later in a
# page that was read.
UNSETTLED = timedelta(seconds=30)
_ENTRY = Statement("entry", entry=ENTRY_COLUMNS)
_ORDERS = {Order.NEWEST_FIRST: "DESC", Order.OLDEST_FIRST: "ASC"}
_OF_OWNER = {order: Statement("entries_of_owner", entry=ENTRY_COLUMNS, order=name) for order, name in _ORDERS.items()}
_OF_APP = {order: sql.load("entries_of_app", entry=ENTRY_COLUMNS, order=name) for order, name in _ORDERS.items()}


class EntryNotFound(LedgerError):
    """The app has posted no entry with this id."""

    code = "entry-not-found"
    status = 404
    title = "The app has no such entry"
    remedy = "Check the id and the app. An app can read only the entries that it has posted."


class Filters(Struct, frozen=True, kw_only=True):
    """The filters of a page of entries. None: no filter.

    `app`: entries that it posted. `metadata`: entries with at least these keys and values. `since`: entries posted at
    or after this time. `until`: entries posted before this time.
    """

    app: str | None = None
    owner_id: str | None = None
    operation: str | None = None
    nonce: str | None = None
    reference: str | None = None
    metadata: dict[str, str] | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        metadata = None if self.metadata is None else msgspec.json.encode(self.metadata).decode()
        return msgspec.structs.asdict(self) | {"metadata": metadata}


class Page(Struct, frozen=True):
    """Entries, and `next`, after which the next page continues in the same order. None: this is the last page.

    `next` is a sequence number for an owner's entries, and an entry's id for an app's entries.
    """

    entries: list[Entry]
    next: int | None


def entry_of(app: str, entry_id: int) -> Entry:
    """Return the app's entry with this id, or raise EntryNotFound."""
    rows = [] if mistake_in(entry_id, EntryId) else _ENTRY.fetch({"id": entry_id, "app": app})
    for entry in Entry.of_rows(rows):
        return entry
    raise EntryNotFound(f"{app} has posted no entry with the id {entry_id}.")


def entries_of_owner(
    owner_id: str,
    filters: Filters,
    *,
    order: Order = Order.NEWEST_FIRST,
    limit: int,
    before: int | None = None,
    after: int | None = None,
) -> Page:
    """Return at most `limit` entries of the owner, with sequence numbers below `before` and above `after`.

    A page can have fewer entries than `limit`, even none, before the last page: one page searches at most 10,000 of the
    owner's entries. Raises InvalidRequest or AccountNotFound.
    """
    check(owner_id, OwnerId, "owner_id")
    asked = {"owner_id": owner_id, "before": before, "after": after}
    # One entry more than the page has, to know whether there is a next page.
    rows = _OF_OWNER[order].fetch(filters.parameters | asked | {"limit": limit + 1})
    if not rows:
        raise AccountNotFound(f"{owner_id} has no account.")
    low, high = rows[0][:2]
    entries = Entry.of_rows([row[2:] for row in rows if row[2] is not None])
    if len(entries) > limit:
        return Page(entries[:limit], entries[limit - 1].seq)
    if high - low <= _SEARCHED:
        return Page(entries, None)
    return Page(entries, high - _SEARCHED + 1 if order is Order.NEWEST_FIRST else low + _SEARCHED)


def entries_of_app(
    app: str,
    filters: Filters,
    *,
    order: Order = Order.NEWEST_FIRST,
    limit: int,
    before: int | None = None,
    after: int | None = None,
) -> Page:
    """Return at most `limit` entries of an app by time: those before the entry `before` and after the entry `after`.

    With `OLDEST_FIRST`, the entries of the last 30 seconds are left out, so that a client that continues after the last
    entry misses none. Raises EntryNotFound if the app has no entry with the id `before` or `after`.
    """
    asked = _limit(app, "before", before) | _limit(app, "after", after) | {"app": app, "limit": limit + 1}
    asked["unsettled"] = UNSETTLED if order is Order.OLDEST_FIRST else None
    entries = list(Entry.objects.raw(_OF_APP[order], filters.parameters | asked))
    return Page(entries[:limit], entries[limit - 1].pk if len(entries) > limit else None)


def _limit(app: str, name: str, entry_id: int | None) -> dict[str, Any]:
    moment = None if entry_id is None else entry_of(app, entry_id).created_on
    return {name: moment, f"{name}_id": entry_id}


def require_known(operations: OperationSet[Any], code: str) -> None:
    """Raise InvalidOperation unless the app has the operation, or has entries of it from an earlier version.

    Every app has the operations that end holds and lots.
    """
    if code in RESERVED:
        return
    try:
        operations.parse(code)
    except InvalidOperation:
        # An identifier has no characters that PostgreSQL's text cannot hold.
        if not (code.isidentifier() and Entry.objects.filter(app=operations.app, operation=code).exists()):
            raise
