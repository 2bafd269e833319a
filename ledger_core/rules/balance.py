"""The rule of balances: a balance is never below the credits that are held of it, and fits a bigint."""

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
        "Ask for fewer units, or retry when the owner has more credits available: the balance minus the credits that "
        "holds reserve. Nothing was posted, so the nonce can be used again."
    )
    members = {"balance": 10, "available": 10}


class BalanceTooLarge(LedgerError):
    """The balance would exceed 9223372036854775807 credits, the maximum."""

    code = "balance-too-large"
    status = 409
    title = "The balance would be too large"
    remedy = "Ask for fewer units. Nothing was posted, so the nonce can be used again."


def _too_low(draft: Draft, outcome: Outcome) -> LedgerError:
    item, balance, held = draft.item, outcome.balance or 0, outcome.held or 0
    reserved = f", of which {held} are held" if held else ""
    return InsufficientBalance(
        f"{outcome.payer} has {balance} credits{reserved}, and {item.operation.code} × {item.amount} takes "
        f"{outcome.takes(draft)}.",
        balance=balance,
        available=balance - held,
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
