"""Why drafts were rejected: the database's error names the rule, and the rule says what the caller needs to know.

The database tries a rejected draft once more, to explain the rejection. So the explanation is of a slightly later
moment.
"""

from django.db import DataError, IntegrityError

from ledger_core.errors import LedgerError
from ledger_core.operations.drafts import Draft, Drawing
from ledger_core.postgresql.errors import constraint_of, sqlstate_of
from ledger_core.rules import balance, claims, holds, reversals
from ledger_core.rules.rule import Explanations, Outcome

# All rules that the database enforces.
_EXPLANATIONS: Explanations = {**claims.EXPLANATIONS, **reversals.EXPLANATIONS, **balance.EXPLANATIONS}
# The same, for captures and releases.
_OF_DRAWING: Explanations = {**_EXPLANATIONS, **holds.EXPLANATIONS}


def is_rejection(error: DataError | IntegrityError) -> bool:
    """Return whether the database's error is the rejection of a draft by a rule."""
    return (constraint_of(error) or sqlstate_of(error)) in _EXPLANATIONS


def explain(draft: Draft, outcome: Outcome) -> LedgerError | None:
    """Return the error for the caller, if a rule rejected the draft. Otherwise None.

    Raises LookupError if another constraint rejected it, which is a bug.
    """
    if outcome.rejected_by is None:
        return None
    explanations = _OF_DRAWING if isinstance(draft.hold, Drawing) else _EXPLANATIONS
    return explanations[outcome.rejected_by](draft, outcome)
