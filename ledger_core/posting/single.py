"""Posting one entry."""

from django.db import DataError, IntegrityError
from msgspec import Struct

from ledger_core.errors import InvalidRequest
from ledger_core.models import Entry
from ledger_core.observability import metrics
from ledger_core.operations import OperationRetired, OperationSet, Own, SharedOperation
from ledger_core.operations.requests import Item, Request
from ledger_core.postgresql.statement import Statement
from ledger_core.posting.crowding import PLACES
from ledger_core.posting.stored import earlier_entries, fetch_entries
from ledger_core.rules.explanations import explain
from ledger_core.rules.nonces import difference
from ledger_core.rules.refusals import refusal_of

_POST = Statement("post")


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
    NotReversible or NonceReused; then nothing was written, and the nonce is as free as it was. Raises AccountLocked
    where another transaction holds the account for longer than LOCK_TIMEOUT, or other posts for the owner wait for it.
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
            if reused := difference(request, earlier):
                raise reused from None
            metrics.series(metrics.REPLAYS, operations.app).inc()
            return Posted(earlier, replayed=True)
    metrics.count_posted(operations.app, operation.code, entries=1, credits_=entry.delta)
    return Posted(entry, replayed=False)


def _insert(request: Request) -> Entry:
    (entry,) = fetch_entries(_POST, request.fields)
    return entry
