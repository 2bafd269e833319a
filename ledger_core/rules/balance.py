"""The balance is never below zero, and fits a bigint."""

from collections.abc import Sequence

from ledger_core.errors import LedgerError
from ledger_core.models import Account
from ledger_core.operations.requests import Request
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
    """The owners' balances, before the first of the requests and after each."""

    def __init__(self, requests: Sequence[Request], reversed_: ReversedEntries) -> None:
        self._reversed = reversed_
        owners = {request.item.owner_id for request in requests}
        self._balances = dict(Account.objects.filter(pk__in=owners).values_list("owner_id", "balance"))

    def violation(self, request: Request) -> LedgerError | None:
        item = request.item
        balance, delta = self._balances.get(item.owner_id, 0), self._delta(request)
        if balance + delta < 0:
            return InsufficientBalance(
                f"{item.owner_id} has {balance} credits, and {item.operation.code} × {item.amount} takes {-delta}.",
                balance=balance,
            )
        if balance + delta > MAX_CREDITS:
            return BalanceTooLarge(f"{item.owner_id} has {balance} credits, and {delta} more would exceed the maximum.")
        return None

    def apply(self, request: Request) -> None:
        owner_id = request.item.owner_id
        self._balances[owner_id] = self._balances.get(owner_id, 0) + self._delta(request)

    def _delta(self, request: Request) -> int:
        """Return the change that the request makes: 0 for a reversal of a missing entry, which ReversalRule rejects."""
        if request.delta is not None:
            return request.delta
        entry = self._reversed.get(request.item.reverses or 0)
        return -entry.delta // entry.amount * request.item.amount if entry else 0
