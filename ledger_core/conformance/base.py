"""What the tests share: how the books are made so that an operation can be had."""

from collections.abc import Callable
from typing import Any

import pytest

from ledger_core import balances
from ledger_core.operations import Operation, OperationSet, SharedOperation
from ledger_core.posting import Posted, post
from ledger_core.trial_balance import trial_balance
from ledger_core.verification import verify

# What a test's argument stands for: it is run for each operation of the app of that kind.
_KINDS: dict[str, Callable[[Operation], bool]] = {
    "operation": lambda operation: True,
    "debit": lambda operation: operation.terms.value < 0 and not operation.terms.claim and not operation.reverses,
    "claim": lambda operation: operation.terms.claim is not None,
    "reversal": lambda operation: operation.reverses is not None and not operation.terms.claim,
}


class OfAnApp:
    """Tests of one app's operations."""

    operations: OperationSet[Any]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for kind, belongs in _KINDS.items():
            if kind in metafunc.fixturenames:
                metafunc.parametrize(kind, [o for o in self.operations if belongs(o)], ids=lambda o: o.code)

    def post(self, operation: Operation, nonce: str, owner_id: str = "owner", **fields: Any) -> Posted:
        return post(self.operations, operation, owner_id=owner_id, nonce=nonce, **fields)

    def prepared(self, operation: Operation, owner_id: str = "owner", units: int = 1) -> dict[str, Any]:
        """Make the books so that the owner can have the operation, and return the fields that it takes."""
        self.fund(owner_id, operation, units)
        if operation.reverses is None:
            return {}
        self.fund(owner_id, operation.reverses, units)
        amount = min(units, operation.reverses.max_amount)
        return {"reverses": self.post(operation.reverses, "reversed", owner_id, amount=amount).entry.pk}

    def fund(self, owner_id: str, operation: Operation, units: int) -> None:
        add = SharedOperation.CREDIT_ADD
        if needed := -min(0, operation.terms.value) * units:
            self.post(add, f"fund-{operation.code}", owner_id, amount=-(-needed // add.terms.value))


def assert_the_books_agree() -> None:
    """Every entry follows from the one before it, and no credit was lost or made."""
    assert list(verify()) == []
    assert trial_balance().agrees


def balance_of(owner_id: str) -> int:
    """What the owner has: nothing, without an account."""
    try:
        return balances.balance_of(owner_id).balance
    except balances.AccountNotFound:
        return 0
