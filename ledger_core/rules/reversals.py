"""The rule of reversals: no more units of an entry are reversed than it has."""

from collections.abc import Sequence

from ledger_core.errors import LedgerError
from ledger_core.models import Reversible, constraints
from ledger_core.operations.drafts import Draft
from ledger_core.rules.rule import ReversedEntries, Rule


class NotReversible(LedgerError):
    """Fewer units of the entry are left to be reversed than were asked for; `remaining` says how many."""

    code = "not-reversible"
    status = 409
    title = "The entry cannot be reversed so far"
    remedy = (
        "Ask for `remaining` units at most. Where that is 0, see whether `reverses` is right: an entry of another "
        "owner, another app or another operation counts as one of no units, as one does that is not there."
    )
    members = {"remaining": 0}


class ReversalRule(Rule):
    """Knows how many units of each reversed entry are left."""

    errors = {constraints.REMAINING_NOT_NEGATIVE: NotReversible}

    def __init__(self, drafts: Sequence[Draft], reversed_: ReversedEntries) -> None:
        self._entries = reversed_
        left = Reversible.objects.filter(pk__in=reversed_).values_list("entry_id", "remaining") if reversed_ else ()
        self._remaining = {pk: entry.amount for pk, entry in reversed_.items()} | dict(left)

    def violation(self, draft: Draft) -> LedgerError | None:
        item, reversed_operation = draft.item, draft.item.operation.reversed_operation
        if item.reverses is None or reversed_operation is None:
            return None
        entry = self._entries.get(item.reverses)
        if entry is None or (entry.owner_id, entry.app, entry.operation) != (
            item.owner_id,
            draft.app,
            reversed_operation.code,
        ):
            detail = f"{item.owner_id} has no {reversed_operation.code} with the id {item.reverses}."
            return NotReversible(detail, remaining=0)
        remaining = self._remaining[item.reverses]
        if item.amount > remaining:
            detail = f"{remaining} of the {entry.amount} units of entry {entry.pk} are left to be reversed."
            return NotReversible(detail, remaining=remaining)
        return None

    def apply(self, draft: Draft) -> None:
        if draft.item.reverses is not None:
            self._remaining[draft.item.reverses] -= draft.item.amount
