"""Why drafts were rejected: the database's error names the rule, and the rule says what the caller needs to know.

The rules read the ledger after the rejection, so what they report can be newer than the rejection.
"""

from collections.abc import Sequence

from django.db import DataError, IntegrityError

from ledger_core.errors import LedgerError
from ledger_core.models import Entry
from ledger_core.operations.drafts import Draft
from ledger_core.postgresql.errors import constraint_of, sqlstate_of
from ledger_core.rules.balance import BalanceRule
from ledger_core.rules.claims import ClaimRule
from ledger_core.rules.reversals import ReversalRule
from ledger_core.rules.rule import ReversedEntries, Rule

# All rules that the database enforces. If a draft violates several, the caller gets the error of the first.
_RULES: Sequence[type[Rule]] = (ClaimRule, ReversalRule, BalanceRule)
_ERRORS = {name: kind for rule in _RULES for name, kind in rule.errors.items()}


def is_rejection(error: DataError | IntegrityError) -> bool:
    """Return whether the database's error is the rejection of a draft by a rule."""
    return _name_of(error) in _ERRORS


def explain(error: DataError | IntegrityError, draft: Draft) -> LedgerError | None:
    """Return the error for the caller whose only draft was rejected. None: no rule rejected it, and it is a bug."""
    kind = _ERRORS.get(_name_of(error))
    if kind is None:
        return None
    (violation,) = explain_all([draft])
    # The ledger can have changed since the rejection, so that it would now accept the draft. The rejection was right.
    return violation or kind.by_docstring()


def explain_all(drafts: Sequence[Draft]) -> list[LedgerError | None]:
    """Return for each draft why it would be rejected, posted in turn after the accepted ones before it."""
    reversed_ = _reversed_by(drafts)
    rules = [rule(drafts, reversed_) for rule in _RULES]
    return [_apply(rules, draft) for draft in drafts]


def _name_of(error: DataError | IntegrityError) -> str:
    return constraint_of(error) or sqlstate_of(error) or ""


def _reversed_by(drafts: Sequence[Draft]) -> ReversedEntries:
    ids = {draft.item.reverses for draft in drafts if draft.item.reverses is not None}
    return Entry.objects.in_bulk(ids) if ids else {}


def _apply(rules: Sequence[Rule], draft: Draft) -> LedgerError | None:
    """Return the first violation. If there is none, let the rules take the draft as posted."""
    for rule in rules:
        if violation := rule.violation(draft):
            return violation
    for rule in rules:
        rule.apply(draft)
    return None
