"""Entries that an app has posted, newest first."""

from datetime import datetime
from typing import Any

from ledger_core.errors import InvalidOperation, LedgerError
from ledger_core.models import Entry
from ledger_core.operations import OperationSet
from ledger_core.postgresql.statement import Statement
from ledger_core.queries.balances import balance_of
from ledger_core.values import EntryId, OwnerId, check, mistake_in

_ENTRY = Statement("entry")
_ENTRIES = Statement("entries")
_ENTRIES_OF_OPERATION = Statement("entries_of_operation", prepare=False)


class EntryNotFound(LedgerError):
    """The app has posted no entry with this id."""

    code = "entry-not-found"
    status = 404
    title = "The app has no such entry"
    remedy = "Check the id and the app. An app can read only the entries that it has posted."


def entry_of(app: str, entry_id: int) -> Entry:
    """Return the app's entry with this id, or raise EntryNotFound."""
    rows = [] if mistake_in(entry_id, EntryId) else _ENTRY.fetch({"id": entry_id, "app": app})
    for entry in Entry.of_rows(rows):
        return entry
    raise EntryNotFound(f"{app} has posted no entry with the id {entry_id}.")


def entries_of(
    app: str,
    owner_id: str,
    *,
    limit: int,
    before: int | None = None,
    operation: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Entry]:
    """Return the newest `limit` entries that an app has posted for the owner, newest first.

    Only entries with `seq < before`, of `operation`, posted at or after `since` and before `until`. None sets no such
    limit. Raises InvalidRequest or AccountNotFound.
    """
    check(owner_id, OwnerId, "owner_id")
    statement = _ENTRIES if operation is None else _ENTRIES_OF_OPERATION
    rows = statement.fetch(
        {
            "owner_id": owner_id,
            "app": app,
            "limit": limit,
            "before": before,
            "operation": operation,
            "since": since,
            "until": until,
        }
    )
    if not rows:
        balance_of(owner_id)  # raises AccountNotFound
    return Entry.of_rows(rows)


def require_known(operations: OperationSet[Any], code: str) -> None:
    """Raise InvalidOperation unless the app has the operation, or entries still name it from an earlier version."""
    try:
        operations.parse(code)
    except InvalidOperation:
        # An identifier has no characters that PostgreSQL's text cannot hold.
        if not (code.isidentifier() and Entry.objects.filter(app=operations.app, operation=code).exists()):
            raise
