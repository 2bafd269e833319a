"""Entries: what an app has posted, newest first."""

from datetime import datetime
from typing import Any

from ledger_core.balances import AccountNotFound, seq_before
from ledger_core.errors import InvalidOperation, LedgerError
from ledger_core.models import Account, Entry
from ledger_core.operations import OperationSet
from ledger_core.values import OwnerId, check


class EntryNotFound(LedgerError):
    """The app has posted no entry of that id."""

    code = "entry-not-found"
    status = 404
    title = "The app has no such entry"
    remedy = "Look at the id, and at the app: each reads the entries that it has posted, and no other's."


def entry_of(app: str, entry_id: int) -> Entry:
    """Return the app's entry of that id, or raise EntryNotFound."""
    try:
        return Entry.objects.get(pk=entry_id, app=app)
    except Entry.DoesNotExist:
        raise EntryNotFound(f"{app} has posted no entry with the id {entry_id}.") from None


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

    Of those alone that have a sequence number less than `before`, are of an operation, and were made at `since` or
    later and earlier than `until`. Raises InvalidRequest or AccountNotFound.
    """
    check(owner_id, OwnerId, "owner_id")
    entries = Entry.objects.filter(owner_id=owner_id, app=app).order_by("-seq")
    if before is not None:
        entries = entries.filter(seq__lt=before)
    if operation is not None:
        entries = entries.filter(operation=operation)
    # Bounds of the sequence, so that the page is read from its first entry on, however far back it lies.
    if since is not None:
        entries = entries.filter(seq__gt=seq_before(owner_id, since))
    if until is not None:
        entries = entries.filter(seq__lte=seq_before(owner_id, until))
    found = list(entries[:limit])
    if not found and not Account.objects.filter(pk=owner_id).exists():
        raise AccountNotFound(f"{owner_id} has no account.")
    return found


def require_known(operations: OperationSet[Any], code: str) -> None:
    """Raise InvalidOperation, unless the app has the operation, or had it once and entries still name it."""
    try:
        operations.parse(code)
    except InvalidOperation:
        # No identifier holds what PostgreSQL's texts cannot.
        if not (code.isidentifier() and Entry.objects.filter(app=operations.app, operation=code).exists()):
            raise
