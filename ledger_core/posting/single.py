"""Posting one entry."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DataError, IntegrityError, connection, transaction
from msgspec import Struct

from ledger_core import metrics, sql
from ledger_core.errors import InvalidRequest
from ledger_core.models import Entry
from ledger_core.operations import OperationRetired, OperationSet, Own, SharedOperation
from ledger_core.posting.crowding import PLACES
from ledger_core.posting.judgement import explain
from ledger_core.posting.refusals import refusal_of
from ledger_core.posting.requests import Item, Request, earlier_entries

_POST = sql.Statement("post")
_COLUMNS = [field.attname for field in Entry._meta.concrete_fields]  # in the order in which the statements return them


class Posted(Struct, frozen=True):
    """What a post came to: the entry, and whether an earlier, equal request had posted it."""

    entry: Entry
    replayed: bool


def post(
    operations: OperationSet[Own],
    operation: SharedOperation | Own,
    *,
    owner_id: str,
    nonce: str,
    amount: int = 1,
    reverses: int | None = None,
    client: str = "",
) -> Posted:
    """Post `amount` units of an operation of an app to the owner's balance, once per owner and nonce.

    An operation that reverses another takes the id of the entry in `reverses`. Committed when it returns, unless a
    transaction surrounds it. A request that is repeated with its nonce returns the entry of the first. Raises
    InvalidRequest, InvalidOperation, OperationRetired, InsufficientBalance, BalanceTooLarge, AlreadyClaimed,
    NotReversible, NonceReused or AccountLocked; then nothing was written, and the nonce is as free as it was.
    """
    request = Request.of(operations, Item(operation, owner_id, nonce, amount, reverses), client)
    with PLACES.taken((owner_id,)), metrics.series(metrics.POST_SECONDS, operations.app, operation.code).time():
        try:
            request.require_postable()
            entry = _insert(request)
        except (OperationRetired, InvalidRequest, DataError, IntegrityError) as error:
            # The nonce is looked for after every refusal, not only its own constraint's: the retry of a debit
            # may well ask for more than the first one left, and the operation's terms may have changed.
            earlier = earlier_entries([request]).get(request.key)
            if earlier is None:
                if isinstance(error, DataError | IntegrityError) and (refusal := refusal_of(error)):
                    raise explain(refusal, request) from error
                raise
            if difference := request.difference(earlier):
                raise difference from None
            metrics.series(metrics.REPLAYS, operations.app).inc()
            return Posted(earlier, replayed=True)
    metrics.count_posted(operations.app, operation.code, entries=1, credits_=entry.delta)
    return Posted(entry, replayed=False)


def _insert(request: Request) -> Entry:
    with refusable():
        (row,) = _POST.fetch(request.fields)
        return entry_from(row)


def entry_from(row: sql.Row) -> Entry:
    """Return the entry of a row that a statement of posting returned."""
    return Entry.from_db(DEFAULT_DB_ALIAS, _COLUMNS, row)


def refusable() -> AbstractContextManager[Any]:
    """Keep a refusal from spoiling a transaction that surrounds the post. Without one: no BEGIN and no COMMIT."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
