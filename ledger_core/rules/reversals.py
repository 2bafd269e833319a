"""The rule of reversals: all reversals of an entry together take at most its units."""

from ledger_core.errors import LedgerError
from ledger_core.models import constraints
from ledger_core.operations.drafts import Draft
from ledger_core.rules.rule import Explanations, Outcome


class NotReversible(LedgerError):
    """The entry has fewer units left to reverse than the request asks for. `remaining` is how many."""

    code = "not-reversible"
    status = 409
    title = "Too few units are left to reverse"
    remedy = (
        "Ask for at most `remaining` units. If it is 0, check `reverses`: an entry that does not exist, or belongs to "
        "another owner, app or operation, has 0 units left. A hold has 0 units, too: reverse its capture instead."
    )
    members = {"remaining": 0}


def _not_reversible(draft: Draft, outcome: Outcome) -> LedgerError:
    item, reversed_operation = draft.item, draft.item.operation.reversed_operation
    if outcome.remaining is None:
        code = reversed_operation.code if reversed_operation else "such"
        detail = f"{item.owner_id} has no {code} entry with the id {item.reverses} that can be reversed."
        return NotReversible(detail, remaining=0)
    detail = f"Units left to reverse in entry {item.reverses}: {outcome.remaining} of {outcome.amount}."
    return NotReversible(detail, remaining=outcome.remaining)


# For all drafts but captures and releases, which have the same constraint.
EXPLANATIONS: Explanations = {constraints.REMAINING_NOT_NEGATIVE: _not_reversible}
