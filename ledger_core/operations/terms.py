"""What an operation is worth, and what it can ask for."""

from dataclasses import dataclass

from ledger_core.operations.claims import Claim
from ledger_core.values import MAX_CREDITS


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
