"""What the API takes and gives: each field once, for decoding, encoding and the OpenAPI schema alike."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, Struct, UnsetType

from ledger_core.models import Entry
from ledger_core.operations import Operation, OperationSet, Scope
from ledger_core.posting import MAX_ITEMS, Item, Posted, make_each
from ledger_core.queries.balances import Balance
from ledger_core.values import MAX_CREDITS, Amount, EntryId, Moment, Nonce, OwnerId

OperationCode = Annotated[str, Meta(description="The code of an operation of the app.", examples=["CREDIT_ADD"])]
Credits = Annotated[int, Meta(description="In credits, whole numbers.", examples=[10])]
Index = Annotated[int, Meta(ge=0, le=MAX_ITEMS - 1)]
Time = Annotated[datetime, Meta(tz=True)]  # so that the documents say date-time, and a client's types with them


class PostRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """An operation to post."""

    operation: OperationCode
    owner_id: OwnerId
    nonce: Nonce
    amount: Amount = 1
    reverses: Annotated[
        EntryId | None, Meta(description="The entry to reverse, for an operation that reverses another.")
    ] = None

    def item(self, operations: OperationSet[Any]) -> Item[Any]:
        """Return the item to post. Its values are valid: decoding has checked them. Raises InvalidOperation."""
        return Item(operations.parse(self.operation), self.owner_id, self.nonce, self.amount, self.reverses)


class BatchRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Operations to post, all or none of them."""

    entries: Annotated[list[PostRequest], Meta(min_length=1, max_length=MAX_ITEMS)]

    def items(self, operations: OperationSet[Any]) -> list[Item[Any]]:
        """Return the items to post, with valid values. Raises InvalidBatch with each unknown operation."""
        return make_each(lambda entry: entry.item(operations), self.entries)


class NoQuery(Struct, forbid_unknown_fields=True):
    """The query of a method that takes no parameters."""


class BalanceQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    at: Annotated[Moment | None, Meta(description="What the owner had at this moment, instead of now.")] = None


class EntriesQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    operation: Annotated[
        Annotated[str, Meta(examples=["CREDIT_ADD"])] | None, Meta(description="Entries of this operation alone.")
    ] = None
    since: Annotated[Moment | None, Meta(description="Entries of this moment and later.")] = None
    until: Annotated[Moment | None, Meta(description="Entries earlier than this moment.")] = None
    before: Annotated[
        Annotated[int, Meta(ge=1, le=MAX_CREDITS, examples=[100])] | None,
        Meta(description="Entries with a lower `seq` than this."),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="The most entries that are wanted.")] = 100


class EntryDocument(Struct, kw_only=True):
    """An entry of the books, which never changes."""

    id: int
    app: str
    operation: str
    owner_id: str
    seq: Annotated[int, Meta(description="1, 2, 3 … within the owner's entries.")]
    amount: Annotated[int, Meta(description="The units asked for.")]
    delta: Annotated[int, Meta(description="The signed change of the balance, in credits.")]
    balance_after: Credits
    nonce: str
    claim: Annotated[str | None, Meta(description="The slot that only one entry of the owner may take.")]
    reverses: Annotated[int | None, Meta(description="The id of the entry that this one reverses.")]
    client: Annotated[str, Meta(description="The name of the API client that posted it.")]
    created_on: Time
    hash: Annotated[str, Meta(description="SHA-256 over the owner's previous hash and this entry, in hexadecimal.")]

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

    entries: list[EntryDocument]
    next: Annotated[str | None, Meta(description="The address of the next page, of older entries.")]


class BatchDocument(Struct, kw_only=True):
    """The entries of a batch, in the order in which they were asked for."""

    entries: list[EntryDocument]
    replayed: Annotated[list[Index], Meta(description="The indices of those that earlier requests had posted.")]

    @classmethod
    def of(cls, batch: Sequence[Posted]) -> Self:
        return cls(
            entries=[EntryDocument.of(posted.entry) for posted in batch],
            replayed=[index for index, posted in enumerate(batch) if posted.replayed],
        )


class BalanceDocument(Struct, kw_only=True):
    """What an owner has, over all apps."""

    owner_id: str
    balance: Credits
    seq: Annotated[int, Meta(description="The number of the owner's entries.")]
    updated_on: Annotated[Time, Meta(description="The moment of the newest entry.")]

    @classmethod
    def of(cls, balance: Balance) -> Self:
        return cls(owner_id=balance.owner_id, balance=balance.balance, seq=balance.seq, updated_on=balance.updated_on)


class OperationDocument(Struct, kw_only=True):
    """An operation of the app, and its rules."""

    operation: OperationCode
    value: Annotated[
        int | None,
        Meta(
            description="What one unit adds to the balance, in credits. Null for an operation that reverses another: a "
            "unit moves back what a unit of the reversed entry moved."
        ),
    ]
    scope: Annotated[Scope, Meta(description="What a client has to be allowed, to post it.")]
    max_amount: Annotated[int, Meta(description="The most units that one request may ask for.")]
    frequency: Annotated[
        str | None, Meta(description="How often an owner can have it: once or daily, or without limit.")
    ]
    reversed_operation: Annotated[str | None, Meta(description="The operation whose entries it takes back.")]
    retired: Annotated[bool, Meta(description="Whether new posts of it are rejected.")]
    description: str

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

    app: str
    operations: list[OperationDocument]

    @classmethod
    def of(cls, operations: OperationSet[Any]) -> Self:
        return cls(app=operations.app, operations=[OperationDocument.of(operation) for operation in operations])


class FieldError(Struct, kw_only=True):
    """A field at fault."""

    field: str
    detail: str


class ItemError(Struct, kw_only=True, omit_defaults=True):
    """An item of a batch at fault; beside these, what the problem document of its code has further."""

    index: Index
    code: str
    detail: str
    errors: list[FieldError] | UnsetType = UNSET
    fields: list[str] | UnsetType = UNSET
    balance: int | UnsetType = UNSET
    again_on: Time | UnsetType | None = UNSET
    remaining: int | UnsetType = UNSET


class Problem(Struct, kw_only=True):
    """Why a request was refused, as RFC 9457 has it (application/problem+json). Nothing was written."""

    type: Annotated[str, Meta(description="The kind of problem, as a URI reference.")]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    code: Annotated[str, Meta(description="The kind of problem, for programs: it does not change.")]
    request_id: Annotated[str, Meta(description="The request's id, also in X-Request-ID and in the logs.")]
    errors: Annotated[list[FieldError] | UnsetType, Meta(description="The fields at fault.")] = UNSET
    fields: Annotated[list[str] | UnsetType, Meta(description="What differs from the first request.")] = UNSET
    balance: Annotated[int | UnsetType, Meta(description="What the owner has, in credits.")] = UNSET
    again_on: Annotated[
        Time | UnsetType | None, Meta(description="When the owner can have it again; null for never.")
    ] = UNSET
    remaining: Annotated[int | UnsetType, Meta(description="The units of the entry that are left to reverse.")] = UNSET
    items: Annotated[list[ItemError] | UnsetType, Meta(description="The items of the batch at fault.")] = UNSET
    scope: Annotated[Scope | UnsetType, Meta(description="The scope that the client does not have.")] = UNSET
