"""The rule of availability: a retired operation accepts no new posts, and a request has a maximum amount.

The only rule that Python enforces, because operations are Python. They can change between a request and its
retry, so `posting` looks for an earlier entry before it rejects a draft.
"""

from ledger_core.errors import InvalidRequest, LedgerError
from ledger_core.operations import Operation
from ledger_core.operations.drafts import Draft, Drawing, Holding


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
    """Raise OperationRetired, or InvalidRequest for an amount above the maximum or an operation that cannot be held.

    Captures and releases are not checked: the operation was allowed when the hold was made.
    """
    if isinstance(draft.hold, Drawing):
        return
    operation = draft.item.operation
    if isinstance(draft.hold, Holding) and not operation.kind.can_be_held:
        raise not_holdable(operation)
    if operation.kind.retired:
        raise OperationRetired(f"{operation.code} is retired.")
    if not 1 <= draft.item.amount <= operation.max_amount:
        raise InvalidRequest.of_field("amount", f"{operation.code} takes an amount from 1 to {operation.max_amount}")


def not_holdable(operation: Operation) -> InvalidRequest:
    """Return the error for a hold of an operation that cannot be held."""
    return InvalidRequest.of_field(
        "operation", f"{operation.code} cannot be held: only a plain debit without a frequency can"
    )
