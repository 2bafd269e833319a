"""Posting many entries, all or none."""

from collections import defaultdict
from collections.abc import Sequence

from django.db import DataError, IntegrityError

from ledger_core.errors import AccountLocked, InvalidRequest, LedgerError
from ledger_core.models import ENTRY_COLUMNS, Entry
from ledger_core.observability import metrics
from ledger_core.operations import OperationSet, Own, SharedOperation
from ledger_core.operations.drafts import Draft, Identity, Item
from ledger_core.postgresql.statement import Statement
from ledger_core.posting.batch_errors import InvalidBatch, make_each, raise_if_any
from ledger_core.posting.crowding import PLACES
from ledger_core.posting.single import ATTEMPTS, Posted
from ledger_core.posting.stored import (
    batch_parameters,
    earlier_entries,
    fetch_entries,
    other_sides,
    outcomes_of,
)
from ledger_core.rules.availability import require_allowed
from ledger_core.rules.nonces import difference, is_nonce_used
from ledger_core.rules.rejections import explain, is_rejection
from ledger_core.rules.rule import Outcome
from ledger_core.speed.series import series

MAX_ITEMS = 1000  # so that one statement holds its locks for only a few dozen milliseconds

_POST_BATCH = Statement("post_batch", entry=ENTRY_COLUMNS)


def post_batch(
    operations: OperationSet[Own], items: Sequence[Item[SharedOperation | Own]], *, client: str = ""
) -> list[Posted]:
    """Check the values of 1 to 1,000 items, and post them as `post_items` does. For Python callers.

    Raises InvalidRequest for no items or too many, and what `post_items` raises.
    """
    if not 1 <= len(items) <= MAX_ITEMS:
        raise InvalidRequest.of_field("entries", f"Expected 1 to {MAX_ITEMS} items")
    return _post_drafts(make_each(lambda item: Draft.of(operations, item.checked(), client), items))


def post_items(
    operations: OperationSet[Own], items: Sequence[Item[SharedOperation | Own]], *, client: str = ""
) -> list[Posted]:
    """Post items whose values are valid, for any owners, all or none. Return the result of each item, in order.

    Items are posted in order. After each item, no balance may be below zero. An item that an earlier request posted, in
    a batch or not, is a replay; the others are posted. Raises InvalidBatch or BatchRefused with the error of each
    rejected item. Raises AccountLocked if other transactions lock or change the accounts for too long.
    """
    return _post_drafts(make_each(lambda item: Draft.of(operations, item, client), items))


def _post_drafts(drafts: Sequence[Draft]) -> list[Posted]:
    require_different_nonces(drafts)
    app = drafts[0].app
    owners = {owner for draft in drafts for owner in draft.item.owners}
    with PLACES.taken(owners), series(metrics.POST_SECONDS, app, "batch").time():
        posted, earlier = _post(drafts)
    deltas: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for entry in posted.values():
        deltas[entry.operation, entry.delta > 0].append(entry.delta)
    for (code, _), same in deltas.items():
        metrics.record_posted(app, code, entries=len(same), credits_=sum(same))
    series(metrics.REPLAYS, app).inc(len(earlier))
    entries = earlier | posted
    # A transfer's other side was posted with it, or has to be read if the transfer is a replay.
    others = other_sides(earlier.values()) | {entry.transfer: entry for entry in posted.values()}
    return [
        Posted(entry, draft.identity in earlier, others.get(entry.pk))
        for draft in drafts
        for entry in [entries[draft.identity]]
    ]


def require_different_nonces(drafts: Sequence[Draft]) -> None:
    """Raise InvalidBatch if two drafts of an owner have the same nonce."""
    first: dict[Identity, int] = {}
    errors: list[LedgerError | None] = []
    for index, draft in enumerate(drafts):
        same = first.setdefault(draft.identity, index)
        errors.append(None if same == index else InvalidRequest.of_field("nonce", f"The same nonce as item {same}"))
    raise_if_any(errors, InvalidBatch)


def _post(drafts: Sequence[Draft]) -> tuple[dict[Identity, Entry], dict[Identity, Entry]]:
    """Return the entries that were posted now, and those that earlier requests had posted."""
    earlier = retries_of_older_kinds(drafts)
    for _ in range(ATTEMPTS):
        pending = [draft for draft in drafts if draft.identity not in earlier]
        try:
            return _insert(pending), earlier
        except (DataError, IntegrityError) as error:
            if not (is_rejection(error) or is_nonce_used(error)):
                raise
            outcomes = outcomes_of(drafts)
            raise_if_any(violations(drafts, outcomes))
            earlier = {
                draft.identity: outcome.entry
                for draft, outcome in zip(drafts, outcomes, strict=True)
                if outcome.earlier and outcome.entry
            }
            # No item is rejected: some were posted before and are replays, or other requests changed the accounts
            # between the rejection and its explanation.
    raise AccountLocked("Other requests keep changing these accounts. Nothing was posted; retry with the same nonces.")


def retries_of_older_kinds(drafts: Sequence[Draft]) -> dict[Identity, Entry]:
    """If an operation no longer allows one of the drafts, return the entries of all retries. Otherwise, return none.

    Raises InvalidBatch if a draft is neither allowed nor a retry, and BatchRefused for the nonce of another request.
    """
    # Each operation and amount is checked once: a batch has up to a thousand items, but few different operations.
    different = {(draft.item.operation.code, draft.item.amount): draft for draft in drafts}
    try:
        make_each(require_allowed, different.values())
    except InvalidBatch:
        earlier = earlier_entries(drafts)
    else:
        return {}

    def require(draft: Draft) -> None:
        if draft.identity not in earlier:
            require_allowed(draft)

    make_each(require, drafts)
    raise_if_any(
        [difference(draft, earlier[draft.identity]) if draft.identity in earlier else None for draft in drafts]
    )
    return earlier


def violations(drafts: Sequence[Draft], outcomes: Sequence[Outcome]) -> list[LedgerError | None]:
    """Return the error of each draft. None: it would be posted, or it is a replay."""
    return [
        difference(draft, outcome.entry) if outcome.earlier and outcome.entry else explain(draft, outcome)
        for draft, outcome in zip(drafts, outcomes, strict=True)
    ]


def _insert(drafts: Sequence[Draft]) -> dict[Identity, Entry]:
    if not drafts:
        return {}
    entries = fetch_entries(_POST_BATCH, batch_parameters(drafts))
    return {(entry.owner_id, entry.nonce): entry for entry in entries}
