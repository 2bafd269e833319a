"""The rule of balances: a balance is never below zero, and fits a bigint."""

from collections.abc import Sequence

from ledger_core.errors import LedgerError
from ledger_core.models import Account, constraints
from ledger_core.operations.drafts import Draft
from ledger_core.postgresql.errors import OUT_OF_RANGE
from ledger_core.rules.rule import ReversedEntries, Rule
from ledger_core.values import MAX_CREDITS


class InsufficientBalance(LedgerError):
    """The balance would fall below zero."""

    code = "insufficient-balance"
    status = 402
    title = "The balance is too low"
    remedy = (
        "Ask for fewer units, or retry when the owner has more credits. Nothing was posted, so the nonce can be used "
        "again."
    )
    members = {"balance": 10}


class BalanceTooLarge(LedgerError):
    """The balance would exceed 9223372036854775807 credits, the maximum."""

    code = "balance-too-large"
    status = 409
    title = "The balance would be too large"
    remedy = "Ask for fewer units. Nothing was posted, so the nonce can be used again."


class BalanceRule(Rule):
    """Knows the owners' balances, in credits."""

    errors = {
        constraints.BALANCE_NOT_NEGATIVE: InsufficientBalance,
        constraints.ENTRY_BALANCE_NOT_NEGATIVE: InsufficientBalance,
        OUT_OF_RANGE: BalanceTooLarge,
    }

    def __init__(self, drafts: Sequence[Draft], reversed_: ReversedEntries) -> None:
        self._reversed = reversed_
        owners = {draft.item.owner_id for draft in drafts}
        self._balances = dict(Account.objects.filter(pk__in=owners).values_list("owner_id", "balance"))

    def violation(self, draft: Draft) -> LedgerError | None:
        item = draft.item
        balance, delta = self._balances.get(item.owner_id, 0), self._delta(draft)
        if balance + delta < 0:
            return InsufficientBalance(
                f"{item.owner_id} has {balance} credits, and {item.operation.code} × {item.amount} takes {-delta}.",
                balance=balance,
            )
        if balance + delta > MAX_CREDITS:
            return BalanceTooLarge(f"{item.owner_id} has {balance} credits, and {delta} more would exceed the maximum.")
        return None

    def apply(self, draft: Draft) -> None:
        owner_id = draft.item.owner_id
        self._balances[owner_id] = self._balances.get(owner_id, 0) + self._delta(draft)

    def _delta(self, draft: Draft) -> int:
        """Return the draft's change of the balance. 0 for a reversal of a missing entry, which ReversalRule rejects."""
        if draft.delta is not None:
            return draft.delta
        entry = self._reversed.get(draft.item.reverses or 0)
        return -entry.delta // entry.amount * draft.item.amount if entry else 0
