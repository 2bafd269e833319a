"""The rule of balances: a balance is never lower than the credits that holds reserve, and it fits a bigint."""

from ledger_core.errors import LedgerError
from ledger_core.models import constraints
from ledger_core.operations.drafts import Draft
from ledger_core.postgresql.errors import OUT_OF_RANGE
from ledger_core.rules.rule import Explanations, Outcome


class InsufficientBalance(LedgerError):
    """The balance would fall below zero, or below the credits that holds reserve."""

    code = "insufficient-balance"
    status = 402
    title = "The balance is too low"
    remedy = (
        "Ask for at most `largest_amount` units, or retry when the owner has `short_by` credits more. `available` is "
        "the balance minus the credits that holds reserve; for a transfer, also minus those that expire. Nothing was "
        "posted, so the nonce can be used again."
    )
    members = {"balance": 10, "held": 0, "available": 10, "short_by": 5, "largest_amount": 2}


class BalanceTooLarge(LedgerError):
    """The balance would exceed 9223372036854775807 credits, the maximum."""

    code = "balance-too-large"
    status = 409
    title = "The balance would be too large"
    remedy = "Ask for fewer units. Nothing was posted, so the nonce can be used again."


def _too_low(draft: Draft, outcome: Outcome) -> LedgerError:
    item, balance, held, takes = draft.item, outcome.balance or 0, outcome.held or 0, outcome.takes(draft)
    expiring = (outcome.expiring or 0) if item.operation.kind.two_sided else 0  # no transfer takes them
    available = balance - held - expiring
    parts = [f"{part} {what}" for part, what in ((held, "are held"), (expiring, "expire")) if part]
    of_which = f", of which {' and '.join(parts)}" if parts else ""
    return InsufficientBalance(
        f"{outcome.payer} has {balance} credits{of_which}, and {item.operation.code} × {item.amount} takes {takes}.",
        balance=balance,
        held=held,
        available=available,
        short_by=takes - available,
        largest_amount=available * item.amount // takes,
    )


def _too_large(draft: Draft, outcome: Outcome) -> LedgerError:
    takes = outcome.takes(draft)
    if draft.item.operation.kind.two_sided or outcome.payer != draft.item.owner_id:
        return BalanceTooLarge(f"The balance of the owner who gets {abs(takes)} credits would be too large.")
    if takes > 0:  # more is held than a bigint can count
        return _too_low(draft, outcome)
    return BalanceTooLarge(
        f"{draft.item.owner_id} has {outcome.balance or 0} credits, and {-takes} more would exceed the maximum."
    )


EXPLANATIONS: Explanations = {
    constraints.AVAILABLE_NOT_NEGATIVE: _too_low,
    constraints.ENTRY_AVAILABLE_NOT_NEGATIVE: _too_low,
    OUT_OF_RANGE: _too_large,
}
