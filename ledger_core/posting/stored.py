"""The results of posting's statements: entries that were posted now or earlier, and outcomes of dry runs."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

import msgspec
from django.db import OperationalError

from ledger_core.errors import AccountLocked
from ledger_core.models import ENTRY_COLUMNS, Entry
from ledger_core.operations.drafts import Draft, Identity
from ledger_core.postgresql import outages
from ledger_core.postgresql.statement import Parameters, Row, Statement
from ledger_core.rules.rule import Outcome

_EARLIER = Statement("earlier", entry=ENTRY_COLUMNS)
_TRY = Statement("try", entry=ENTRY_COLUMNS)
_FACTS = len(Outcome.__struct_fields__) - 2  # the number of an outcome's fields that are not entries
# Parameters of post.sql that most drafts do not have.
_RARE = {"hold": None, "held": None, "final": None, "expires_in": None, "priority": None}


def earlier_entries(drafts: Iterable[Draft]) -> dict[Identity, Entry]:
    """Return the entries that already have the owner and nonce of a draft, by owner and nonce."""
    owners, nonces = zip(*(draft.identity for draft in drafts), strict=True)
    encode = msgspec.json.encode
    entries = fetch_entries(_EARLIER, {"owners": encode(owners).decode(), "nonces": encode(nonces).decode()})
    return {(entry.owner_id, entry.nonce): entry for entry in entries}


def outcomes_of(drafts: Sequence[Draft]) -> list[Outcome]:
    """Return the outcome that each draft would have if the drafts were posted in order. Nothing is posted.

    The drafts have the same app and client. Raises AccountLocked, and Django's database exceptions.
    """
    rows = _fetch(_TRY, batch_parameters(drafts))
    return [_outcome(list(sides)) for _, sides in groupby(rows, key=itemgetter(0))]


def _outcome(sides: list[Row]) -> Outcome:
    entries = [side[1 + _FACTS :] for side in sides if side[1 + _FACTS] is not None]
    return Outcome(*sides[0][1 : 1 + _FACTS], *Entry.of_rows(entries))


def parameters_of(draft: Draft) -> Parameters:
    """Return the parameters of post.sql."""
    metadata = draft.item.metadata
    written = None if metadata is None else msgspec.json.encode(metadata).decode()
    return _RARE | draft.as_item | {"app": draft.app, "client": draft.client, "metadata": written}


def batch_parameters(drafts: Sequence[Draft]) -> Parameters:
    """Return the parameters of statements for many drafts, which have the same app and client.

    The items are a JSON array, with a `ledger_item` for each draft.
    """
    items = msgspec.json.encode([draft.as_item for draft in drafts]).decode()
    return {"app": drafts[0].app, "client": drafts[0].client, "items": items}


def other_sides(entries: Iterable[Entry]) -> dict[int, Entry]:
    """Return the other sides of those entries that are a side of a transfer, by the id of the entry."""
    ids = [entry.transfer for entry in entries if entry.transfer is not None]
    return {entry.transfer or 0: entry for entry in Entry.objects.filter(pk__in=ids)} if ids else {}


def fetch_entries(statement: Statement, parameters: Parameters) -> list[Entry]:
    """Execute a statement that returns entries. Raises AccountLocked, and Django's database exceptions."""
    return Entry.of_rows(_fetch(statement, parameters))


def _fetch(statement: Statement, parameters: Parameters) -> list[Row]:
    try:
        return statement.fetch(parameters)
    except OperationalError as error:
        outage = outages.outage_of(error)
        if outage and outage.sqlstate == outages.LOCKED:
            raise AccountLocked.by_docstring() from error
        raise
