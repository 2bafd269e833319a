"""Terms: what a unit of an operation is worth, and what a request may ask for."""

from dataclasses import dataclass

from ledger_core.operations.frequency import Frequency
from ledger_core.values import MAX_CREDITS


# eq=False: Enum makes members with equal values aliases of one member, and two operations can have equal terms.
@dataclass(frozen=True, eq=False, kw_only=True)
class _Limits:
    """What every operation can limit.

    `max_amount`: the most units that one request can ask for. `frequency`: how often an owner can have the operation;
    None means without limit. `retired`: new posts are rejected. Entries of a retired operation can still be read and
    reversed, and a retry of an earlier post still returns its entry.
    """

    max_amount: int = MAX_CREDITS
    frequency: Frequency | None = None
    retired: bool = False

    def __post_init__(self) -> None:
        kind = type(self).__name__
        if type(self.max_amount) is not int or self.max_amount < 1:
            raise TypeError(f"{kind}(…, max_amount={self.max_amount!r}): expected a whole number of at least 1.")
        if not isinstance(self.frequency, Frequency | None):
            raise TypeError(
                f"{kind}(…, frequency={self.frequency!r}): expected an instance, such as Once() or Daily()."
            )
        if type(self.retired) is not bool:
            raise TypeError(f"{kind}(…, retired={self.retired!r}): expected True or False.")


@dataclass(frozen=True, eq=False)
class Terms(_Limits):
    """The terms of an operation with a value: one unit adds `value` credits to the owner's balance."""

    value: int
    description: str

    def __post_init__(self) -> None:
        _Limits.__post_init__(self)
        if type(self.value) is not int or abs(self.value) > MAX_CREDITS:
            raise TypeError(f"Terms({self.value!r}, …): expected a whole number of credits that fits a bigint.")


@dataclass(frozen=True, eq=False)
class Reversal(_Limits):
    """The terms of an operation that reverses another one.

    `of` is a member of the same class, defined above. In the class body a member is still its terms, so that is what
    `of` holds. A request names the entry to reverse, completely or in part. Each unit moves back what a unit of that
    entry moved, whatever the reversed operation is worth today; so a reversal has no value of its own.
    """

    of: "Terms | Reversal"
    description: str

    def __post_init__(self) -> None:
        _Limits.__post_init__(self)
        if not isinstance(self.of, Terms | Reversal):
            raise TypeError(f"Reversal({self.of!r}, …): it has no value; name the member that it reverses.")
