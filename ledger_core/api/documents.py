"""What the API takes and gives: each field once, for decoding, encoding and the OpenAPI schema alike."""

from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, Struct, UnsetType

from ledger_core.models import Account, Entry
from ledger_core.operations import Operation, OperationSet
from ledger_core.values import Amount, Nonce, OwnerId

OperationCode = Annotated[str, Meta(description="The code of an operation of the app.", examples=["CREDIT_ADD"])]
Credits = Annotated[int, Meta(description="In credits, whole numbers.", examples=[10])]


class PostRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """An operation to post."""

    operation: OperationCode
    owner_id: OwnerId
    nonce: Nonce
    amount: Amount = 1


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
    created_on: datetime
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
            created_on=entry.created_on,
            hash=bytes(entry.hash).hex(),
        )


class BalanceDocument(Struct, kw_only=True):
    """What an owner has, over all apps."""

    owner_id: str
    balance: Credits
    seq: Annotated[int, Meta(description="The number of the owner's entries.")]
    updated_on: Annotated[datetime, Meta(description="The moment of the newest entry.")]

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(owner_id=account.owner_id, balance=account.balance, seq=account.seq, updated_on=account.updated_on)


class OperationDocument(Struct, kw_only=True):
    """An operation of the app, and its rules."""

    operation: OperationCode
    value: Annotated[int, Meta(description="What one unit adds to the balance, in credits.")]
    max_amount: Annotated[int, Meta(description="The most units that one request may ask for.")]
    description: str

    @classmethod
    def of(cls, operation: Operation) -> Self:
        terms = operation.terms
        return cls(
            operation=operation.code,
            value=terms.value,
            max_amount=terms.max_amount,
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


class Problem(Struct, kw_only=True):
    """Why a request was refused, as RFC 9457 has it (application/problem+json). Nothing was written."""

    type: Annotated[str, Meta(description="The kind of problem, as a URI reference.")]
    title: str
    status: int
    detail: str
    code: Annotated[str, Meta(description="The kind of problem, for programs: it does not change.")]
    request_id: Annotated[str, Meta(description="The request's id, also in X-Request-ID and in the logs.")]
    errors: Annotated[list[FieldError] | UnsetType, Meta(description="The fields at fault.")] = UNSET
    fields: Annotated[list[str] | UnsetType, Meta(description="What differs from the first request.")] = UNSET
