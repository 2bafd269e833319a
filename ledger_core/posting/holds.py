"""Holds: reserve credits for a debit, then capture the hold completely or in parts, or release it."""

from collections.abc import Mapping

from django.conf import settings
from msgspec import Struct

from ledger_core.operations import Operation, OperationSet, Own, SharedOperation
from ledger_core.operations.drafts import Draft, Drawing, Holding, Item
from ledger_core.operations.endings import HoldEnd
from ledger_core.posting.single import Posted, post_draft
from ledger_core.posting.trying import try_draft
from ledger_core.queries.holds import Hold, hold_of, owner_of_hold
from ledger_core.rules.availability import not_holdable
from ledger_core.values import Amount, HoldSeconds, Nonce, check


class Held(Struct, frozen=True):
    """The result of making a hold: the hold as it is now, and whether an earlier, equal request had made it."""

    hold: Hold
    replayed: bool


def hold(
    operations: OperationSet[Own],
    operation: SharedOperation | Own,
    *,
    owner_id: str,
    nonce: str,
    amount: int = 1,
    expires_in: int | None = None,
    reference: str | None = None,
    metadata: Mapping[str, str] | None = None,
    client: str = "",
) -> Held:
    """Reserve the credits that `amount` units of an operation take, once per owner and nonce. For Python callers.

    The credits stay in the balance, but nothing else can take them until the hold is captured, is released, or expires
    after `expires_in` seconds: 1 second to 30 days. None means the operation's `hold_for`, or else the setting
    `LEDGER_HOLD_SECONDS`.

    Raises what `post` raises, and InvalidRequest for an operation that cannot be held.
    """
    item = Item(operation, owner_id, nonce, amount, None, reference, metadata).checked()
    if expires_in is not None:
        check(expires_in, HoldSeconds, "expires_in")
    return hold_item(operations, item, expires_in, client=client)


def hold_item(
    operations: OperationSet[Own],
    item: Item[SharedOperation | Own],
    expires_in: int | None,
    *,
    dry_run: bool = False,
    client: str = "",
) -> Held:
    """Make a hold of an item whose values are valid, as `hold` does. With `dry_run`, as `try_item` does."""
    draft = _draft(operations, item, expires_in, client)
    posted = (try_draft if dry_run else post_draft)(draft)
    entry = posted.entry
    return Held(hold_of(operations.app, entry.pk) if posted.replayed else Hold.made_by(entry), posted.replayed)


def _draft(
    operations: OperationSet[Own], item: Item[SharedOperation | Own], expires_in: int | None, client: str
) -> Draft:
    kind = item.operation.kind
    if kind.fields:  # a request for a hold has none of these fields
        raise not_holdable(item.operation)
    draft = Draft.of(operations, item, client)
    lifetime = expires_in or default_lifetime(item.operation)
    return Draft(draft.app, client, item, 0, Holding(-(draft.delta or 0), lifetime, expires_in is not None))


def default_lifetime(operation: Operation) -> int:
    """Return the lifetime in seconds of a hold whose request has no `expires_in`."""
    hold_for = operation.kind.hold_for
    return int(hold_for.total_seconds()) if hold_for else settings.HOLD_SECONDS


def capture(
    operations: OperationSet[Own],
    hold_id: int,
    *,
    nonce: str,
    amount: int | None = None,
    final: bool = True,
    client: str = "",
) -> Posted:
    """Post the debit for `amount` units of a hold, or all that are left. If `final`, the rest is released.

    Each unit takes the credits that were held for it. Raises HoldNotFound, HoldExceeded, HoldCaptured, HoldReleased,
    HoldExpired, and what `post` raises for any operation.
    """
    check(nonce, Nonce, "nonce")
    check(final, bool, "final")
    if amount is not None:
        check(amount, Amount, "amount")
    owner_id, operation = owner_of_hold(operations.app, hold_id)
    item = Item(operations.parse(operation), owner_id, nonce, amount or 1)
    return post_draft(Draft(operations.app, client, item, None, Drawing(hold_id, amount, final)))


def release(operations: OperationSet[Own], hold_id: int, *, nonce: str, client: str = "") -> Posted:
    """Release the units that are left of a hold. Their credits are available again. Raises what `capture` raises."""
    check(nonce, Nonce, "nonce")
    owner_id, _ = owner_of_hold(operations.app, hold_id)
    item = Item(HoldEnd.HOLD_RELEASE, owner_id, nonce)
    return post_draft(Draft(operations.app, client, item, None, Drawing(hold_id, None, True)))
