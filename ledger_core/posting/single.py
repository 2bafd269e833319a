"""Posting one entry."""

from collections.abc import Mapping

from django.db import DataError, IntegrityError
from msgspec import Struct

from ledger_core.errors import AccountLocked, InvalidRequest, LedgerError
from ledger_core.models import ENTRY_COLUMNS, Entry
from ledger_core.observability import metrics
from ledger_core.operations import OperationSet, Own, SharedOperation
from ledger_core.operations.drafts import Draft, Item
from ledger_core.postgresql.statement import Statement
from ledger_core.posting.crowding import PLACES
from ledger_core.posting.stored import (
    batch_parameters,
    earlier_entries,
    fetch_entries,
    other_sides,
    outcomes_of,
    parameters_of,
)
from ledger_core.rules.availability import OperationRetired, require_allowed
from ledger_core.rules.nonces import difference, is_nonce_used
from ledger_core.rules.rejections import explain, is_rejection
from ledger_core.rules.rule import Outcome
from ledger_core.speed.series import series

ATTEMPTS = 5

_POST = Statement("post", entry=ENTRY_COLUMNS)
_POST_TRANSFER = Statement("post_transfer", entry=ENTRY_COLUMNS)


class Posted(Struct, frozen=True):
    """The result of a post: the entry, and whether an earlier, equal request had posted it.

    `other` is the entry of the other owner, if the operation is a transfer or reverses one.
    """

    entry: Entry
    replayed: bool
    other: Entry | None = None


def post(
    operations: OperationSet[Own],
    operation: SharedOperation | Own,
    *,
    owner_id: str,
    nonce: str,
    amount: int = 1,
    reverses: int | None = None,
    reference: str | None = None,
    metadata: Mapping[str, str] | None = None,
    to_owner_id: str | None = None,
    expires_in: int | None = None,
    client: str = "",
) -> Posted:
    """Post `amount` units of an operation of an app to the owner's balance, once per owner and nonce.

    For Python callers: it checks the values, and posts them as `post_item` does. `reverses` (only for a reversal) is
    the id of the entry to reverse. `to_owner_id` (only for a transfer) is the owner who gets the credits. `expires_in`
    (only for credits that expire) shortens their lifetime, in seconds. `reference` is the caller's own id, such as an
    order number, and `metadata` has texts to store with the entry. `client` is the name of the caller, which the entry
    stores.
    """
    item = Item(operation, owner_id, nonce, amount, reverses, reference, metadata, to_owner_id, expires_in).checked()
    return post_item(operations, item, client=client)


def post_item(operations: OperationSet[Own], item: Item[SharedOperation | Own], *, client: str = "") -> Posted:
    """Post an item whose values are valid, and return its entry, or that of an earlier request with the same nonce.

    The entry is committed when it returns, unless the caller has opened a transaction. Raises InvalidRequest,
    InvalidOperation, OperationRetired, InsufficientBalance, BalanceTooLarge, AlreadyClaimed, NotReversible or
    NonceReused. Nothing is then written, and an unused nonce stays free. Raises AccountLocked if another
    transaction holds the account for longer than LOCK_TIMEOUT, or too many other posts for the owner wait for it.
    """
    return post_draft(Draft.of(operations, item, client))


def post_draft(draft: Draft) -> Posted:
    """Post a draft. Returns and raises what `post_item` does, and the errors of holds."""
    app, code = draft.app, draft.item.operation.code
    with PLACES.taken(draft.item.owners), series(metrics.POST_SECONDS, app, code).time():
        for _ in range(ATTEMPTS):
            try:
                require_allowed(draft)
                posted = _insert(draft)
            except (OperationRetired, InvalidRequest, DataError, IntegrityError) as error:
                if replay := _replay(draft, error):
                    series(metrics.REPLAYS, app).inc()
                    return replay
                # Other requests have changed the account since the rejection, so the draft would be accepted now.
            else:
                for side in filter(None, (posted.entry, posted.other)):
                    metrics.record_posted(app, code, entries=1, credits_=side.delta, held=side.held)
                return posted
    raise AccountLocked("Other requests keep changing this account. Nothing was posted; retry with the same nonce.")


def _insert(draft: Draft) -> Posted:
    if not draft.item.operation.kind.two_sided:
        (entry,) = fetch_entries(_POST, parameters_of(draft))
        # The reversed entry can be a side of a transfer although its operation is no longer a transfer.
        return Posted(entry, False, None if entry.transfer is None else other_sides([entry])[entry.pk])
    # A reversal has as many sides as the entry that it reverses, however the operation is defined now.
    sides = {(entry.owner_id, entry.nonce): entry for entry in fetch_entries(_POST_TRANSFER, batch_parameters([draft]))}
    entry = sides.pop(draft.identity)
    return Posted(entry, False, *sides.values())


def _replay(draft: Draft, error: OperationRetired | InvalidRequest | DataError | IntegrityError) -> Posted | None:
    """Return the entry that an earlier, equal request posted. None: the draft would be accepted now.

    Raises the error of a draft that is rejected. The nonce is looked up after every rejection, not only after a
    violation of its constraint: the retry of a debit can exceed the balance that the first request left, and the
    operation can have changed in between.
    """
    if isinstance(error, LedgerError) or is_nonce_used(error):
        earlier = earlier_entries([draft]).get(draft.identity)
        if earlier is None:
            raise error
        return replayed(draft, Posted(earlier, True, other_sides([earlier]).get(earlier.pk)))
    if not is_rejection(error):
        raise error
    (outcome,) = outcomes_of([draft])
    return settled(draft, outcome) if outcome.earlier or outcome.rejected_by else None


def settled(draft: Draft, outcome: Outcome) -> Posted:
    """Return the result of a draft that the database tried. Raises the error of the rule that rejects it."""
    if rejection := explain(draft, outcome):
        raise rejection
    result = accepted(outcome)
    return replayed(draft, result) if result.replayed else result


def accepted(outcome: Outcome) -> Posted:
    """Return the result of a draft that no rule rejected."""
    assert outcome.entry  # noqa: S101
    return Posted(outcome.entry, outcome.earlier, outcome.other)


def replayed(draft: Draft, earlier: Posted) -> Posted:
    """Return what an earlier request with the draft's nonce posted. Raises NonceReused if they differ."""
    if reused := difference(draft, earlier.entry):
        raise reused
    return earlier
