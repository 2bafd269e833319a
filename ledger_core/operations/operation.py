"""An operation of an app: a member of an Enum, defined by its kind."""

from enum import Enum, StrEnum
from functools import cached_property
from typing import Self

from ledger_core.operations.kinds import Kind
from ledger_core.values import MAX_CREDITS


class Scope(StrEnum):
    """What a client of the API may do."""

    READ = "read"
    READ_ALL = "read-all"
    POST = "post"
    MINT = "mint"


class Operation(Enum):
    """The base class of an app's operations. A member's name is its code, in the API and in entries."""

    _value_: Kind

    def __init__(self, kind: Kind) -> None:
        if not isinstance(kind, Kind):
            raise TypeError(
                f"{type(self).__name__} has a member {kind!r}: "
                "a member is Plain(value, description), Grant(value, description, expires=…), "
                "Transfer(value, description) or Reversal(member, description)."
            )

    @cached_property
    def code(self) -> str:
        return self.name

    @cached_property
    def kind(self) -> Kind:
        return self._value_

    @cached_property
    def value(self) -> int | None:  # type: ignore[override]  # of Enum's attribute, which is the kind
        """The credits that one unit adds to the owner's balance. None for a reversal: the reversed entry decides."""
        return self.kind.unit

    @cached_property
    def lot(self) -> tuple[int, int] | None:
        """The lifetime in seconds of the credits that it gives, and their priority. None: they do not expire."""
        return self.kind.lot

    @cached_property
    def reversed_operation(self) -> Self | None:
        """The operation whose entries this one reverses. None for an operation that reverses nothing."""
        return type(self)(self.kind.reversed_kind) if self.kind.reversed_kind else None

    @cached_property
    def scope(self) -> Scope:
        """The scope that a client needs to post the operation: MINT if the operation creates credits."""
        return Scope.MINT if (self.value or 0) > 0 else Scope.POST

    @cached_property
    def max_amount(self) -> int:
        """The highest amount of a request: the limit of its kind, or less, so that the credits fit a bigint."""
        return min(self.kind.max_amount, MAX_CREDITS // max(1, abs(self.value or 0)))

    def delta(self, amount: int) -> int | None:
        """Return the signed change of the balance by `amount` units, in credits. None for a reversal."""
        return None if self.value is None else self.value * amount
