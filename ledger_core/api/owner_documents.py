"""The documents of an owner: the balance, and what it consists of."""

from operator import attrgetter
from typing import Annotated, Self

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import fields

from ledger_core.api.response_types import Time
from ledger_core.queries.balances import Balance, NextExpiry
from ledger_core.queries.explanation import Explanation
from ledger_core.queries.lots import Lot
from ledger_core.queries.trial_balance import Line


class NextExpiryDocument(Struct):
    """Credits of an owner that expire at the same time. Credits that are held do not count."""

    credits: Annotated[int, Meta(description="How many credits expire.", examples=[5])]
    expires_on: Annotated[Time, Meta(description="When they expire, in UTC.")]

    @classmethod
    def of(cls, expiry: NextExpiry) -> Self:
        return cls(expiry.credits, expiry.expires_on)


class BalanceDocument(Struct):
    """The balance of an owner over all apps, now or at the time `at`."""

    owner_id: Annotated[str, Meta(description="The owner.")]
    balance: Annotated[int, Meta(description="The balance, in credits.", examples=[10])]
    held: Annotated[int, Meta(description="The part of the balance that open holds reserve.", examples=[0])]
    available: Annotated[int, Meta(description="The credits that can be spent: `balance` minus `held`.")]
    seq: Annotated[int, Meta(description="How many entries the owner has, over all apps. With `at`, as of that time.")]
    updated_on: Annotated[
        Time, Meta(description="When the owner's newest entry was posted, in UTC. With `at`, as of that time.")
    ]

    next_expiry: Annotated[
        NextExpiryDocument | UnsetType | None,
        Meta(description="The credits that expire next, or null if none do. Not with `at`."),
    ] = UNSET

    @classmethod
    def of(cls, balance: Balance) -> Self:
        document = cls(*_values_of_balance(balance))
        document.next_expiry = NextExpiryDocument.of(balance.next_expiry) if balance.next_expiry else None
        return document

    @classmethod
    def at(cls, balance: Balance) -> Self:
        """Return the document of a balance at a moment."""
        return cls(*_values_of_balance(balance))


_values_of_balance = attrgetter(*(field.name for field in fields(BalanceDocument) if field.required))


class LotDocument(Struct):
    """A lot: the credits of one entry that expire."""

    id: Annotated[int, Meta(description="The id of the lot, which is also the id of the entry that gave it.")]
    app: Annotated[str, Meta(description="The app that gave it.")]
    operation: Annotated[str, Meta(description="The operation that gave it.")]
    remaining: Annotated[int, Meta(description="The credits that are left: neither spent nor held.")]
    priority: Annotated[int, Meta(description="Lots of the lowest priority are used first.")]
    expires_on: Annotated[Time, Meta(description="When the credits expire, in UTC.")]
    created_on: Annotated[Time, Meta(description="When the credits were given, in UTC.")]

    @classmethod
    def of(cls, lot: Lot) -> Self:
        entry = lot.entry
        assert entry.priority is not None  # noqa: S101
        assert entry.expires_on is not None  # noqa: S101
        return cls(entry.pk, entry.app, entry.operation, lot.left, entry.priority, entry.expires_on, entry.created_on)


class LotsDocument(Struct, kw_only=True):
    """A page of an owner's open lots."""

    lots: Annotated[
        list[LotDocument], Meta(description="The open lots that all apps have given, in the order of their use.")
    ]
    next: Annotated[str | None, Meta(description="The path and query string of the next page; null on the last page.")]


class SumDocument(Struct):
    """The entries of an operation."""

    app: Annotated[str, Meta(description="The app that posted them.")]
    operation: Annotated[str, Meta(description="The code of the operation.")]
    entries: Annotated[int, Meta(description="How many entries there are.")]
    credits: Annotated[int, Meta(description="The credits that they added to the balance; negative if they took them.")]

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls(line.app, line.operation, line.entries, line.credits)


class OthersDocument(Struct):
    """The entries of all other apps, and of corrections."""

    entries: Annotated[int, Meta(description="How many entries there are.")]
    credits: Annotated[int, Meta(description="The credits that they added to the balance; negative if they took them.")]


class ExplanationDocument(Struct, kw_only=True):
    """Where a balance comes from: it is the sum of `operations` and `others`, minus `expired`."""

    balance: Annotated[BalanceDocument, Meta(description="The balance.")]
    operations: Annotated[
        list[SumDocument],
        Meta(description="What each operation of this app has added or taken; with `scope=all`, of all apps."),
    ]
    others: Annotated[
        OthersDocument | UnsetType,
        Meta(description="What other apps and corrections have added or taken. Not with `scope=all`."),
    ] = UNSET
    expired: Annotated[
        int, Meta(description="Expired credits whose entry `CREDIT_EXPIRY` the ledger has not written yet.")
    ]

    @classmethod
    def of(cls, explanation: Explanation, app: str | None) -> Self:
        """Return the document for an app, or for all apps."""
        lines = explanation.lines
        shown = [line for line in lines if app in (None, line.app)]
        hidden = [line for line in lines if line not in shown]
        return cls(
            balance=BalanceDocument.of(explanation.balance),
            operations=[SumDocument.of(line) for line in shown],
            others=UNSET
            if app is None
            else OthersDocument(sum(line.entries for line in hidden), sum(line.credits for line in hidden)),
            expired=explanation.expired,
        )
