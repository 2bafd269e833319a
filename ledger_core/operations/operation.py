"""An operation of an app: a member of an Enum, defined by its terms."""

from enum import Enum, StrEnum
from functools import cached_property
from typing import Self

from ledger_core.operations.terms import Reversal, Terms
from ledger_core.values import MAX_CREDITS


class Scope(StrEnum):
    """What a client of the API may do."""

    READ = "read"
    POST = "post"
    MINT = "mint"


class Operation(Enum):
    """The base class of an app's operations. A member's name is its code, in the API and in entries."""

    _value_: Terms | Reversal

    def __init__(self, terms: Terms | Reversal) -> None:
        if not isinstance(terms, Terms | Reversal):
            raise TypeError(
                f"{type(self).__name__} has a member {terms!r}: "
                "a member is Terms(value, description) or Reversal(member, description)."
            )

    @cached_property
    def code(self) -> str:
        return self.name

    @cached_property
    def terms(self) -> Terms | Reversal:
        return self._value_

    @cached_property
    def value(self) -> int | None:  # type: ignore[override]  # of Enum's attribute, which is the terms
        """The credits that one unit adds to the balance. None for a reversal: the reversed entry decides."""
        return self.terms.value if isinstance(self.terms, Terms) else None

    @cached_property
    def reversed_operation(self) -> Self | None:
        """The operation whose entries this one reverses. None for an operation that reverses nothing."""
        return type(self)(self.terms.of) if isinstance(self.terms, Reversal) else None

    @cached_property
    def scope(self) -> Scope:
        """The scope that a client needs to post the operation: MINT if the operation creates credits."""
        return Scope.MINT if (self.value or 0) > 0 else Scope.POST

    @cached_property
    def max_amount(self) -> int:
        """The most units that one request can ask for: by the terms, and so that their credits fit a bigint."""
        return min(self.terms.max_amount, MAX_CREDITS // max(1, abs(self.value or 0)))

    def delta(self, amount: int) -> int | None:
        """Return the signed change of the balance by `amount` units, in credits. None for a reversal."""
        return None if self.value is None else self.value * amount
