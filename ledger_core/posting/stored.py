"""The entries that posting's statements return: posted now, or by earlier requests."""

from collections.abc import Iterable

import msgspec
from django.db import OperationalError

from ledger_core.errors import AccountLocked
from ledger_core.models import Entry
from ledger_core.operations.drafts import Draft, Identity
from ledger_core.postgresql import outages
from ledger_core.postgresql.statement import Parameters, Statement

_EARLIER = Statement("earlier")


def earlier_entries(drafts: Iterable[Draft]) -> dict[Identity, Entry]:
    """Return the entries that have the owners and nonces of the drafts, by owner and nonce."""
    owners, nonces = zip(*(draft.identity for draft in drafts), strict=True)
    encode = msgspec.json.encode
    entries = fetch_entries(_EARLIER, {"owners": encode(owners).decode(), "nonces": encode(nonces).decode()})
    return {(entry.owner_id, entry.nonce): entry for entry in entries}


def fetch_entries(statement: Statement, parameters: Parameters) -> list[Entry]:
    """Execute a statement that returns entries. Raises AccountLocked, and Django's database exceptions."""
    try:
        rows = statement.fetch(parameters)
    except OperationalError as error:
        outage = outages.outage_of(error)
        if outage and outage.sqlstate == outages.LOCKED:
            raise AccountLocked.by_docstring() from error
        raise
    return Entry.of_rows(rows)
