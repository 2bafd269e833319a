"""The operations of one app."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar, final

from ledger_core.errors import InvalidOperation
from ledger_core.operations.operation import Operation
from ledger_core.operations.shared import SharedOperation
from ledger_core.values import excerpt

# Invariant, the default of a TypeVar. If it were covariant, mypy would accept another app's operation in place of this
# app's.
Own = TypeVar("Own", bound=Operation)


@final
@dataclass(frozen=True)
class OperationSet(Generic[Own]):
    """The operations of one app: the shared ones, which no app can leave out, and its own.

    `app` is the app's label, and `own` the Enum of its own operations. A set is composed of two Enums because Python
    forbids extending an Enum that has members.
    """

    app: str
    own: type[Own]
    _by_code: dict[str, SharedOperation | Own] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        members: list[SharedOperation | Own] = [*SharedOperation, *self.own]
        object.__setattr__(self, "_by_code", {operation.code: operation for operation in members})

    def __iter__(self) -> Iterator[SharedOperation | Own]:
        return iter(self._by_code.values())

    def __contains__(self, operation: SharedOperation | Own) -> bool:
        return self._by_code.get(operation.code) is operation

    def parse(self, code: str) -> SharedOperation | Own:
        """Return the operation with this code, or raise InvalidOperation."""
        try:
            return self._by_code[code]
        except KeyError:
            raise InvalidOperation(f"Invalid operation: {excerpt(code)}") from None
