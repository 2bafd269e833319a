"""Dry runs: what a post or a batch would return. The database posts it and rolls it back, so the same rules apply."""

from collections.abc import Sequence

from ledger_core.errors import InvalidRequest
from ledger_core.operations import OperationSet, Own, SharedOperation
from ledger_core.operations.drafts import Draft, Item
from ledger_core.posting.batch import require_different_nonces, retries_of_older_kinds, violations
from ledger_core.posting.batch_errors import make_each, raise_if_any
from ledger_core.posting.crowding import PLACES
from ledger_core.posting.single import Posted, accepted, replayed, settled
from ledger_core.posting.stored import earlier_entries, other_sides, outcomes_of
from ledger_core.rules.availability import OperationRetired, require_allowed


def try_item(operations: OperationSet[Own], item: Item[SharedOperation | Own], *, client: str = "") -> Posted:
    """Return what `post_item` would return, or raise what it would raise, without posting anything.

    The entry is as it would be now. Its id and its hash have no meaning.
    """
    return try_draft(Draft.of(operations, item, client))


def try_draft(draft: Draft) -> Posted:
    """Return what `post_draft` would return, or raise what it would raise, without posting anything."""
    with PLACES.taken(draft.item.owners):
        try:
            require_allowed(draft)
        except (OperationRetired, InvalidRequest):
            if earlier := earlier_entries([draft]).get(draft.identity):
                return replayed(draft, Posted(earlier, True, other_sides([earlier]).get(earlier.pk)))
            raise
        (outcome,) = outcomes_of([draft])
    return settled(draft, outcome)


def try_items(
    operations: OperationSet[Own], items: Sequence[Item[SharedOperation | Own]], *, client: str = ""
) -> list[Posted]:
    """Return what `post_items` would return, or raise what it would raise, without posting anything. See `try_item`."""
    drafts = make_each(lambda item: Draft.of(operations, item, client), items)
    require_different_nonces(drafts)
    with PLACES.taken({owner for draft in drafts for owner in draft.item.owners}):
        earlier = retries_of_older_kinds(drafts)
        pending = [draft for draft in drafts if draft.identity not in earlier]
        outcomes = outcomes_of(pending) if pending else []
    raise_if_any(violations(pending, outcomes))
    tried, others = iter(outcomes), other_sides(earlier.values())
    return [
        Posted(entry, True, others.get(entry.pk)) if entry else accepted(next(tried))
        for entry in map(earlier.get, (draft.identity for draft in drafts))
    ]
