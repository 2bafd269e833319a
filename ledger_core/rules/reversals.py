"""The rule of reversals: no more units of an entry are reversed than it has."""

from collections.abc import Sequence

from ledger_core.errors import LedgerError
from ledger_core.models import Reversible, constraints
from ledger_core.operations.drafts import Draft
from ledger_core.rules.rule import ReversedEntries, Rule


class NotReversible(LedgerError):
    """The entry has fewer units left to reverse than the request asks for. `remaining` is how many."""

    code = "not-reversible"
    status = 409
    title = "Too few units are left to reverse"
    remedy = (
        "Ask for at most `remaining` units. If it is 0, check `reverses`: an entry that does not exist, or belongs to "
        "another owner, app or operation, has 0 units left."
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
            detail = f"{item.owner_id} has no {reversed_operation.code} entry with the id {item.reverses}."
            return NotReversible(detail, remaining=0)
        remaining = self._remaining[item.reverses]
        if item.amount > remaining:
            detail = f"Units left to reverse in entry {entry.pk}: {remaining} of {entry.amount}."
            return NotReversible(detail, remaining=remaining)
        return None

    def apply(self, draft: Draft) -> None:
        if draft.item.reverses is not None:
            self._remaining[draft.item.reverses] -= draft.item.amount
