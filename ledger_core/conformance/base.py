"""What the conformance tests share: posting what an operation needs first, such as credits, and comparing balances."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ledger_core.conformance.races import AT_ONCE, at_once
from ledger_core.models import Entry
from ledger_core.operations import Operation, OperationSet, SharedOperation
from ledger_core.posting import Posted, post
from ledger_core.queries import balances
from ledger_core.queries.trial_balance import trial_balance
from ledger_core.verification import verify

# A test with one of these arguments runs for each operation of the app for which the function returns True.
_GROUPS: dict[str, Callable[[Operation], bool]] = {
    "operation": lambda operation: not operation.kind.retired,
    "debit": lambda operation: cost(operation) > 0 and not operation.kind.frequency and not operation.kind.retired,
    "claim": lambda operation: operation.kind.frequency is not None and not operation.kind.retired,
    "reversal": lambda operation: (
        bool(operation.reversed_operation) and not operation.kind.frequency and not operation.kind.retired
    ),
    "holdable": lambda operation: operation.kind.can_be_held and not operation.kind.retired,
    "transfer": lambda operation: "to_owner_id" in operation.kind.fields and not operation.kind.retired,
    "retired": lambda operation: operation.kind.retired,
}


class OfAnApp:
    """Base class of tests of one app's operations."""

    operations: OperationSet[Any]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for group, belongs in _GROUPS.items():
            if group in metafunc.fixturenames:
                metafunc.parametrize(group, [o for o in self.operations if belongs(o)], ids=lambda o: o.code)

    def post(self, operation: Operation, nonce: str, owner_id: str = "owner", **fields: Any) -> Posted:
        """Post the operation for the app."""
        return post(self.operations, operation, owner_id=owner_id, nonce=nonce, **fields)

    def prepared(self, operation: Operation, owner_id: str = "owner", units: int = 1) -> dict[str, Any]:
        """Post what the operation needs, so that `units` of it can be posted; return further fields of the request."""
        self.fund(owner_id, operation, units)
        if operation.reversed_operation is None:
            return self.fields(operation, owner_id)
        request = self.prepared(operation.reversed_operation, owner_id, units)
        amount = min(units, operation.reversed_operation.max_amount)
        with before_its_retirement(operation.reversed_operation):
            entry = self.post(
                operation.reversed_operation, f"for-{operation.code}", owner_id, amount=amount, **request
            ).entry
        if entry.delta > 0:  # so that a reversal of too many units is not rejected for lack of credits
            self._add(f"spare-{operation.code}", owner_id, entry.delta)
        return {"reverses": entry.pk}

    def fields(self, operation: Operation, owner_id: str = "owner") -> dict[str, Any]:
        """Return the fields that only a request for a transfer has."""
        return {"to_owner_id": f"friend of {owner_id}"} if operation.kind.two_sided else {}

    def fund(self, owner_id: str, operation: Operation, units: int) -> None:
        """Give the owner the credits that `units` of the operation take."""
        if needed := cost(operation) * units:
            self._add(f"fund-{operation.code}", owner_id, needed)

    def race(self, operation: Operation, **fields: Any) -> list[Posted | Exception]:
        """Post the operation several times at once, each time with another nonce. Return what became of each."""
        return at_once([lambda n=n: self.post(operation, f"race-{n}", **fields) for n in range(AT_ONCE)])  # type: ignore[misc]

    def _add(self, nonce: str, owner_id: str, credits_: int) -> None:
        add = SharedOperation.CREDIT_ADD
        self.post(add, nonce, owner_id, amount=-(-credits_ // (add.value or 1)))


def cost(operation: Operation) -> int:
    """Return the credits that the owner needs for one unit. 0 for a reversal: the reversed entry provides them."""
    return -min(0, operation.value or 0)


def moves(operation: Operation, request: dict[str, Any]) -> int:
    """Return the credits that a unit moves: its value, or the opposite of what the reversed entry moved per unit."""
    if operation.value is not None:
        return operation.value
    entry = Entry.objects.get(pk=request["reverses"])
    return -entry.delta // entry.amount


@contextmanager
def before_its_retirement(operation: Operation) -> Iterator[None]:
    """Let a retired operation be posted until the context ends."""
    retired = operation.kind.retired
    object.__setattr__(operation.kind, "retired", False)
    try:
        yield
    finally:
        object.__setattr__(operation.kind, "retired", retired)


def assert_ledger_is_correct() -> None:
    """Assert that every entry follows from the one before it, and that entries and balances have the same sum."""
    assert list(verify()) == []
    assert trial_balance().agrees


def balance_of(owner_id: str) -> int:
    """Return the owner's balance: 0 without an account."""
    try:
        return balances.balance_of(owner_id).balance
    except balances.AccountNotFound:
        return 0
