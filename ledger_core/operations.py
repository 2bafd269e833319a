"""Operations as typed values: what each is worth, and which ones an app has. Pure Python."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import cached_property
from typing import Generic, Self, TypeVar, final

from ledger_core.claims import Claim, Daily, Once
from ledger_core.errors import InvalidOperation, InvalidRequest, LedgerError
from ledger_core.values import MAX_CREDITS, excerpt


class Scope(StrEnum):
    """What a client of the API may do."""

    READ = "read"
    POST = "post"
    MINT = "mint"


# eq=False: Enum takes members of equal value for aliases of one, and two operations may well be worth the same.
@dataclass(frozen=True, eq=False, kw_only=True)
class _Rules:
    """What every operation can have.

    A request asks for `max_amount` units at most. `claim`: how often an owner can have it. `retired`: nothing new is
    posted; its entries stay, are read and reversed as before, and a retry of an earlier post still returns its entry.
    """

    max_amount: int = MAX_CREDITS
    claim: Claim | None = None
    retired: bool = False

    def __post_init__(self) -> None:
        kind = type(self).__name__
        if type(self.max_amount) is not int or self.max_amount < 1:
            raise TypeError(f"{kind}(…, max_amount={self.max_amount!r}): a request asks for one unit at least.")
        if not isinstance(self.claim, Claim | None):
            raise TypeError(f"{kind}(…, claim={self.claim!r}): Once() or Daily(), an instance.")
        if type(self.retired) is not bool:
            raise TypeError(f"{kind}(…, retired={self.retired!r}): True or False.")


@dataclass(frozen=True, eq=False)
class Terms(_Rules):
    """What an operation does: one unit adds `value` credits to the owner's balance."""

    value: int
    description: str

    def __post_init__(self) -> None:
        _Rules.__post_init__(self)
        if type(self.value) is not int or abs(self.value) > MAX_CREDITS:
            raise TypeError(f"Terms({self.value!r}, …): a value is a whole number of credits that a bigint holds.")


@dataclass(frozen=True, eq=False)
class Reversal(_Rules):
    """What an operation does that takes back another: `reverses` are the terms of that one, a member of the same class.

    A request names the entry to reverse, in parts or completely. Each unit moves back what a unit of that entry moved,
    whatever the reversed operation is worth today; so a reversal has no value of its own.
    """

    reverses: "Terms | Reversal"
    description: str

    def __post_init__(self) -> None:
        _Rules.__post_init__(self)
        if not isinstance(self.reverses, Terms | Reversal):
            raise TypeError(f"Reversal({self.reverses!r}, …): it has no value; name the member that it reverses.")


class OperationRetired(LedgerError):
    """The operation is retired: nothing new is posted."""

    code = "operation-retired"
    status = 400
    title = "The operation is retired"
    remedy = (
        "Post another operation: `GET /api/v1/{app}/operations` lists them. A retry of an earlier post still returns "
        "its entry, and entries of the operation can still be read and reversed."
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


class SharedOperation(Operation):
    """The operations that every app has."""

    DAILY_REWARD = Terms(+1, "A reward for coming back, one a day.", max_amount=1, claim=Daily())
    SIGNUP_CREDIT = Terms(+3, "A welcome, once.", max_amount=1, claim=Once())
    CREDIT_SPEND = Terms(-1, "Credits spent.")
    CREDIT_ADD = Terms(+10, "Credits bought or given.")


# Invariant, as a TypeVar is unless told otherwise: were it covariant, another app's operation would pass where
# this app's is asked for.
Own = TypeVar("Own", bound=Operation)


@final
@dataclass(frozen=True)
class OperationSet(Generic[Own]):
    """The operations of one app: the shared ones, which no app can leave out, and its own.

    Composition, since Python forbids extending an Enum that has members. `app` is the app's label.
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
        """Return the operation of that code, or raise InvalidOperation."""
        try:
            return self._by_code[code]
        except KeyError:
            raise InvalidOperation(f"Invalid operation: {excerpt(code)}") from None
