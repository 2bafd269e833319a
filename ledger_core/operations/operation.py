"""An operation of an app: a member of an Enum, whose value is its terms."""

from enum import Enum, StrEnum
from functools import cached_property
from typing import Self

from ledger_core.errors import InvalidRequest, LedgerError
from ledger_core.operations.terms import Reversal, Terms
from ledger_core.values import MAX_CREDITS


class Scope(StrEnum):
    """What a client of the API may do."""

    READ = "read"
    POST = "post"
    MINT = "mint"


class OperationRetired(LedgerError):
    """The operation can no longer be posted."""

    code = "operation-retired"
    status = 400
    title = "The operation is retired"
    remedy = (
        "Use another operation: `GET /api/v1/{app}/operations` lists them. A retry of an earlier post still returns "
        "its entry, and the entries of this operation can still be read and reversed."
    )


class Operation(Enum):
    """The base of an app's operations. A member's name is its code in the API and in the books."""

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
    def worth(self) -> int | None:
        """The credits that a unit adds to the balance. None for a reversal: the entry that it reverses decides."""
        return self.terms.value if isinstance(self.terms, Terms) else None

    @cached_property
    def reverses(self) -> Self | None:
        """The operation whose entries this one takes back."""
        return type(self)(self.terms.reverses) if isinstance(self.terms, Reversal) else None

    @cached_property
    def scope(self) -> Scope:
        """What a client has to be allowed, to post it: to mint is to give credits that nobody had."""
        return Scope.MINT if (self.worth or 0) > 0 else Scope.POST

    @cached_property
    def max_amount(self) -> int:
        """The most units that a request may ask for: by the terms, and as credits are counted in a bigint."""
        return min(self.terms.max_amount, MAX_CREDITS // max(1, abs(self.worth or 0)))

    def delta(self, amount: int) -> int | None:
        """Return the signed change of the balance, in credits, that `amount` units make; None for a reversal."""
        return None if self.worth is None else self.worth * amount

    def require_postable(self, amount: int) -> None:
        """Raise OperationRetired, or InvalidRequest for an amount that is not from 1 to max_amount."""
        if self.terms.retired:
            raise OperationRetired(f"{self.code} is retired.")
        if not 1 <= amount <= self.max_amount:
            raise InvalidRequest.of_field("amount", f"{self.code} takes an amount from 1 to {self.max_amount}")
