"""Kinds of operations: what a unit of an operation moves, and what a request may ask for.

A new kind is a subclass of `Kind`. Everything that differs between kinds is a member of that class, so no other
code has to check the kind of an operation.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from ledger_core.operations.frequency import Frequency
from ledger_core.values import LONGEST_GRANT, LONGEST_HOLD, MAX_CREDITS

HIGHEST_PRIORITY = 32_767  # of a smallint


# eq=False: Enum makes members with equal values aliases of one member, and two operations can be declared equally.
@dataclass(frozen=True, eq=False, kw_only=True)
class Kind:
    """The attributes that every operation has.

    `max_amount`: the most units that one request can ask for. `frequency`: how often an owner can have the operation;
    None means without limit. `retired`: new posts are rejected. Entries of a retired operation can still be read and
    reversed, and a retry of an earlier post still returns its entry. `hold_for`: the lifetime of a hold whose
    request has no `expires_in`; None means the setting `LEDGER_HOLD_SECONDS`.

    A subclass has a `description`, and sets `name`, the name of the kind in the API. `fields` describes the request
    fields that belong to this kind: its requests must have them, and requests of other kinds must not.
    """

    name: ClassVar[str]
    fields: ClassVar[Mapping[str, str]] = {}

    max_amount: int = MAX_CREDITS
    frequency: Frequency | None = None
    retired: bool = False
    hold_for: timedelta | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not isinstance(vars(cls).get("name"), str):
            raise TypeError(f"{cls.__name__}: a kind sets `name`, its name in the API.")

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
        if self.hold_for is not None and not timedelta(seconds=1) <= self.hold_for <= LONGEST_HOLD:
            raise TypeError(f"{kind}(…, hold_for={self.hold_for!r}): expected one second to 30 days.")

    if TYPE_CHECKING:  # at run time, this property would be the default of a subclass's field

        @property
        def description(self) -> str: ...

    @property
    def unit(self) -> int | None:
        """The credits that one unit adds to the balance. None for a reversal: the reversed entry decides."""
        raise NotImplementedError

    @property
    def reversed_kind(self) -> "Kind | None":
        """The operation whose entries this one reverses: a member of the same class. None: it reverses nothing."""
        return None

    @property
    def two_sided(self) -> bool:
        """Whether the operation is posted as two entries, of two owners."""
        return False

    @property
    def can_be_held(self) -> bool:
        """Whether credits can be reserved for the operation before it is posted."""
        return False

    @property
    def lot(self) -> tuple[int, int] | None:
        """The lifetime in seconds of the credits that it gives, and their priority. None: they do not expire."""
        return None

    @property
    def extension(self) -> int | None:
        """How many seconds refunded credits last if their lot has expired. None: they expire at once."""
        return None

    def mistake(self, among: Collection["Kind"]) -> str | None:
        """Return why the operation is not valid, for a system check, or None. `among`: all operations of its class."""
        if self.hold_for and not self.can_be_held:
            return "has hold_for, but only a plain debit without a frequency can be held"
        return None


@dataclass(frozen=True, eq=False)
class Plain(Kind):
    """An operation with a value: one unit adds `value` credits to the owner's balance.

    If `value` is negative, and the operation has no frequency, credits can be held for it.
    """

    name = "plain"

    value: int
    description: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if type(self.value) is not int or abs(self.value) > MAX_CREDITS:
            raise TypeError(f"Plain({self.value!r}, …): expected a whole number of credits that fits a bigint.")

    @property
    def unit(self) -> int:
        return self.value

    @property
    def can_be_held(self) -> bool:
        return self.value < 0 and self.frequency is None


@dataclass(frozen=True, eq=False)
class Grant(Kind):
    """An operation whose credits expire: one unit adds `value` credits, which can be spent until `expires` has passed.

    Debits use the credits with the lowest `priority` first; of these, the ones that expire first. Credits that do not
    expire are used last. A request can ask for a shorter lifetime.
    """

    name = "grant"

    value: int
    description: str
    expires: timedelta = field(kw_only=True)
    priority: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if type(self.value) is not int or not 1 <= self.value <= MAX_CREDITS:
            raise TypeError(f"Grant({self.value!r}, …): expected a whole number of credits, at least 1.")
        if not timedelta(seconds=1) <= self.expires <= LONGEST_GRANT:
            raise TypeError(f"Grant(…, expires={self.expires!r}): expected one second to 100 years.")
        if type(self.priority) is not int or not 0 <= self.priority <= HIGHEST_PRIORITY:
            raise TypeError(
                f"Grant(…, priority={self.priority!r}): expected a whole number from 0 to {HIGHEST_PRIORITY}."
            )

    @property
    def unit(self) -> int:
        return self.value

    @property
    def lot(self) -> tuple[int, int]:
        return int(self.expires.total_seconds()), self.priority


@dataclass(frozen=True, eq=False)
class Transfer(Kind):
    """An operation with two owners: each unit moves `value` credits to the owner that a request names.

    It is posted as two entries in one transaction. Each entry has the id of the other.
    """

    name = "transfer"
    fields = {"to_owner_id": "the owner who gets the credits"}

    value: int
    description: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if type(self.value) is not int or not 1 <= self.value <= MAX_CREDITS:
            raise TypeError(f"Transfer({self.value!r}, …): expected a whole number of credits, at least 1.")

    @property
    def unit(self) -> int:
        return -self.value

    @property
    def two_sided(self) -> bool:
        return True


@dataclass(frozen=True, eq=False)
class Reversal(Kind):
    """An operation that reverses another one.

    `of` is a member that is defined earlier in the same class body. There, a member is still a `Kind`, so `of` is one.
    A request names the entry to reverse, completely or in part. Each unit moves back the credits that a unit of that
    entry moved, even if the operation's value has changed since. So a reversal has no value of its own.

    Credits that expire go back to their lots. If a lot has expired meanwhile, its credits expire at once, or with
    `extends`, after that lifetime.
    """

    name = "reversal"
    fields = {"reverses": "the id of the entry to reverse"}

    of: Kind
    description: str
    extends: timedelta | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.of, Kind):
            raise TypeError(f"Reversal({self.of!r}, …): it has no value; name the member that it reverses.")
        if self.extends is not None and not timedelta(seconds=1) <= self.extends <= LONGEST_GRANT:
            raise TypeError(f"Reversal(…, extends={self.extends!r}): expected one second to 100 years.")

    @property
    def unit(self) -> None:
        return None

    @property
    def reversed_kind(self) -> Kind:
        return self.of

    @property
    def two_sided(self) -> bool:
        return self.of.two_sided

    @property
    def extension(self) -> int | None:
        return int(self.extends.total_seconds()) if self.extends else None

    def mistake(self, among: Collection[Kind]) -> str | None:
        if self.of.lot:
            return "reverses an operation whose credits expire: staff can end them early"
        return super().mistake(among) if self.of in among else "reverses an operation that is not in its class"
