"""The rule of terms: a retired operation takes nothing new, and a request has a highest amount.

The only rule that Python enforces, because an operation's terms are Python. They can change between a request and its
retry, so `posting` looks for an earlier entry before it rejects a draft.
"""

from ledger_core.errors import InvalidRequest, LedgerError
from ledger_core.operations.drafts import Draft


class OperationRetired(LedgerError):
    """The operation can no longer be posted."""

    code = "operation-retired"
    status = 400
    title = "The operation is retired"
    remedy = (
        "Use another operation: `GET /api/v1/{app}/operations` lists them. A retry of an earlier post still returns "
        "its entry, and the entries of this operation can still be read and reversed."
    )


def require_allowed(draft: Draft) -> None:
    """Raise OperationRetired, or InvalidRequest for an amount above the operation's highest."""
    operation = draft.item.operation
    if operation.terms.retired:
        raise OperationRetired(f"{operation.code} is retired.")
    if not 1 <= draft.item.amount <= operation.max_amount:
        raise InvalidRequest.of_field("amount", f"{operation.code} takes an amount from 1 to {operation.max_amount}")
