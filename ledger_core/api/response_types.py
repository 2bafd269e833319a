"""The documents of successful responses. Each field is declared once, for the encoder and for OpenAPI."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import Meta, Struct

from ledger_core.models import Entry
from ledger_core.operations import Operation, OperationSet, Scope
from ledger_core.posting import MAX_ITEMS, Posted
from ledger_core.queries.balances import Balance

Index = Annotated[int, Meta(ge=0, le=MAX_ITEMS - 1)]
Time = Annotated[datetime, Meta(tz=True)]  # with tz, OpenAPI has the format date-time, and clients the type


class EntryDocument(Struct, kw_only=True):
    """An entry of the ledger. Entries never change."""

    id: Annotated[int, Meta(description="The id of the entry, unique in the ledger.")]
    app: Annotated[str, Meta(description="The app that posted it.")]
    operation: Annotated[str, Meta(description="The code of the operation.")]
    owner_id: Annotated[str, Meta(description="The owner whose balance it changed.")]
    seq: Annotated[int, Meta(description="The position among the owner's entries over all apps: 1, 2, 3 …")]
    amount: Annotated[int, Meta(description="How many units of the operation were posted.")]
    delta: Annotated[int, Meta(description="The signed change of the balance, in credits.")]
    balance_after: Annotated[int, Meta(description="The balance after this entry, in credits.")]
    nonce: Annotated[str, Meta(description="The nonce of the request.")]
    claim: Annotated[
        str | None,
        Meta(
            description="For an operation with a frequency, the period that this entry uses up, such as "
            "`content:DAILY_REWARD:2026-11-25`. Null for other operations."
        ),
    ]
    reverses: Annotated[int | None, Meta(description="The id of the entry that this one reverses, or null.")]
    client: Annotated[
        str,
        Meta(description="The name of the API client that posted it. Empty if Python code in the service posted it."),
    ]
    created_on: Annotated[Time, Meta(description="When it was posted, in UTC.")]
    hash: Annotated[
        str,
        Meta(description="The SHA-256 of this entry and of the hash of the owner's entry before it, in hexadecimal."),
    ]

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            id=entry.id,
            app=entry.app,
            operation=entry.operation,
            owner_id=entry.owner_id,
            seq=entry.seq,
            amount=entry.amount,
            delta=entry.delta,
            balance_after=entry.balance_after,
            nonce=entry.nonce,
            claim=entry.claim,
            reverses=entry.reverses_id,
            client=entry.client,
            created_on=entry.created_on,
            hash=bytes(entry.hash).hex(),
        )


class EntriesDocument(Struct, kw_only=True):
    """A page of an owner's entries, newest first."""

    entries: Annotated[list[EntryDocument], Meta(description="The entries of this page.")]
    next: Annotated[
        str | None,
        Meta(description="The path and query string of the next page, with older entries; null on the last page."),
    ]


class BatchDocument(Struct, kw_only=True):
    """The entries of a batch."""

    entries: Annotated[list[EntryDocument], Meta(description="One entry for each item, in the order of the items.")]
    replayed: Annotated[list[Index], Meta(description="The indices of the items that earlier requests had posted.")]

    @classmethod
    def of(cls, batch: Sequence[Posted]) -> Self:
        return cls(
            entries=[EntryDocument.of(posted.entry) for posted in batch],
            replayed=[index for index, posted in enumerate(batch) if posted.replayed],
        )


class BalanceDocument(Struct, kw_only=True):
    """The balance of an owner over all apps, now or at the time `at`."""

    owner_id: Annotated[str, Meta(description="The owner.")]
    balance: Annotated[int, Meta(description="The balance, in credits.", examples=[10])]
    seq: Annotated[int, Meta(description="How many entries the owner has, over all apps. With `at`, as of that time.")]
    updated_on: Annotated[
        Time, Meta(description="When the owner's newest entry was posted, in UTC. With `at`, as of that time.")
    ]

    @classmethod
    def of(cls, balance: Balance) -> Self:
        return cls(owner_id=balance.owner_id, balance=balance.balance, seq=balance.seq, updated_on=balance.updated_on)


class OperationDocument(Struct, kw_only=True):
    """An operation of the app, with its rules."""

    operation: Annotated[str, Meta(description="The code of the operation.", examples=["CREDIT_ADD"])]
    value: Annotated[
        int | None,
        Meta(
            description="The credits that one unit adds. Negative if it takes credits. Null for a reversal, which "
            "depends on the reversed entry."
        ),
    ]
    scope: Annotated[Scope, Meta(description="The scope that a client needs to post it.")]
    max_amount: Annotated[int, Meta(description="The highest `amount` of one request or item.")]
    frequency: Annotated[
        str | None,
        Meta(
            description="How often it can be posted for an owner in this app: `once`, `daily` (per UTC day), or null "
            "for no limit."
        ),
    ]
    reversed_operation: Annotated[str | None, Meta(description="The operation whose entries it reverses, or null.")]
    retired: Annotated[bool, Meta(description="True if new posts of it are rejected.")]
    description: Annotated[str, Meta(description="What the operation is for.")]

    @classmethod
    def of(cls, operation: Operation) -> Self:
        terms = operation.terms
        return cls(
            operation=operation.code,
            value=operation.value,
            scope=operation.scope,
            max_amount=operation.max_amount,
            frequency=terms.frequency.name if terms.frequency else None,
            reversed_operation=operation.reversed_operation.code if operation.reversed_operation else None,
            retired=terms.retired,
            description=terms.description,
        )


class OperationsDocument(Struct, kw_only=True):
    """The operations of an app."""

    app: Annotated[str, Meta(description="The app.")]
    operations: Annotated[list[OperationDocument], Meta(description="Its operations: the shared ones and its own.")]

    @classmethod
    def of(cls, operations: OperationSet[Any]) -> Self:
        return cls(app=operations.app, operations=[OperationDocument.of(operation) for operation in operations])
