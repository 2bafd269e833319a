"""Posting one entry."""

from django.db import DataError, IntegrityError
from msgspec import Struct

from ledger_core.errors import InvalidRequest
from ledger_core.models import Entry
from ledger_core.observability import metrics
from ledger_core.operations import OperationSet, Own, SharedOperation
from ledger_core.operations.drafts import Draft, Item
from ledger_core.postgresql.statement import Statement
from ledger_core.posting.crowding import PLACES
from ledger_core.posting.stored import earlier_entries, fetch_entries
from ledger_core.rules.availability import OperationRetired, require_allowed
from ledger_core.rules.nonces import difference
from ledger_core.rules.rejections import explain
from ledger_core.speed.series import series

_POST = Statement("post")


class Posted(Struct, frozen=True):
    """The result of a post: the entry, and whether an earlier, equal request had posted it."""

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

    For Python callers: it checks the values, and posts them as `post_item` does. `reverses` is the id of the entry to
    reverse, for an operation that reverses another. `client` is the name of the caller, which the entry keeps.
    """
    item = Item(operation, owner_id, nonce, amount, reverses).checked()
    return post_item(operations, item, client=client)


def post_item(operations: OperationSet[Own], item: Item[SharedOperation | Own], *, client: str = "") -> Posted:
    """Post an item whose values are valid, and return its entry, or that of an earlier request with the same nonce.

    The entry is committed when it returns, unless the caller has opened a transaction. Raises InvalidRequest,
    InvalidOperation, OperationRetired, InsufficientBalance, BalanceTooLarge, AlreadyClaimed, NotReversible or
    NonceReused; then nothing was written, and an unused nonce can still be used. Raises AccountLocked if another
    transaction holds the account for longer than LOCK_TIMEOUT, or too many other posts for the owner wait for it.
    """
    draft, operation = Draft.of(operations, item, client), item.operation
    with PLACES.taken((item.owner_id,)), series(metrics.POST_SECONDS, operations.app, operation.code).time():
        try:
            require_allowed(draft)
            entry = _insert(draft)
        except (OperationRetired, InvalidRequest, DataError, IntegrityError) as error:
            return _replay(draft, error)
    metrics.record_posted(operations.app, operation.code, entries=1, credits_=entry.delta)
    return Posted(entry, replayed=False)


def _insert(draft: Draft) -> Entry:
    (entry,) = fetch_entries(_POST, draft.parameters)
    return entry


def _replay(draft: Draft, error: OperationRetired | InvalidRequest | DataError | IntegrityError) -> Posted:
    """Return the entry that an earlier, equal request posted. If there is none, raise why the draft was rejected.

    The nonce is looked up after every rejection, not only after that of its own constraint: a retried debit can ask for
    more than the first one left, and the operation's terms can have changed in between.
    """
    earlier = earlier_entries([draft]).get(draft.identity)
    if earlier is None:
        if isinstance(error, DataError | IntegrityError) and (rejection := explain(error, draft)):
            raise rejection from error
        raise error
    if reused := difference(draft, earlier):
        raise reused from None
    series(metrics.REPLAYS, draft.app).inc()
    return Posted(earlier, replayed=True)
