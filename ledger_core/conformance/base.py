"""What the tests share: how the books are made so that an operation can be had."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ledger_core.models import Entry
from ledger_core.operations import Operation, OperationSet, SharedOperation
from ledger_core.posting import Posted, post
from ledger_core.queries import balances
from ledger_core.queries.trial_balance import trial_balance
from ledger_core.verification import verify

# What a test's argument stands for: it is run for each operation of the app of that kind.
_KINDS: dict[str, Callable[[Operation], bool]] = {
    "operation": lambda operation: not operation.terms.retired,
    "debit": lambda operation: cost(operation) > 0 and not operation.terms.frequency and not operation.terms.retired,
    "claim": lambda operation: operation.terms.frequency is not None and not operation.terms.retired,
    "reversal": lambda operation: (
        bool(operation.reversed_operation) and not operation.terms.frequency and not operation.terms.retired
    ),
    "retired": lambda operation: operation.terms.retired,
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
        if operation.reversed_operation is None:
            return {}
        request = self.prepared(operation.reversed_operation, owner_id, units)
        amount = min(units, operation.reversed_operation.max_amount)
        with before_its_retirement(operation.reversed_operation):
            entry = self.post(
                operation.reversed_operation, f"for-{operation.code}", owner_id, amount=amount, **request
            ).entry
        if entry.delta > 0:  # so that what is refused beyond it is not refused for the balance
            self._add(f"spare-{operation.code}", owner_id, entry.delta)
        return {"reverses": entry.pk}

    def fund(self, owner_id: str, operation: Operation, units: int) -> None:
        if needed := cost(operation) * units:
            self._add(f"fund-{operation.code}", owner_id, needed)

    def _add(self, nonce: str, owner_id: str, credits_: int) -> None:
        add = SharedOperation.CREDIT_ADD
        self.post(add, nonce, owner_id, amount=-(-credits_ // (add.value or 1)))


def cost(operation: Operation) -> int:
    """What a unit takes from the balance. Nothing for a reversal, whose owner has what is taken back."""
    return -min(0, operation.value or 0)


def moves(operation: Operation, request: dict[str, Any]) -> int:
    """What a unit moves: its value, or the other way what a unit of the reversed entry moved."""
    if operation.value is not None:
        return operation.value
    entry = Entry.objects.get(pk=request["reverses"])
    return -entry.delta // entry.amount


@contextmanager
def before_its_retirement(operation: Operation) -> Iterator[None]:
    """Let an operation be posted, as it could be before it was retired."""
    retired = operation.terms.retired
    object.__setattr__(operation.terms, "retired", False)
    try:
        yield
    finally:
        object.__setattr__(operation.terms, "retired", retired)


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
