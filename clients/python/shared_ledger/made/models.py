"""What the API takes and gives. Made from its OpenAPI document by `make client`."""

from datetime import datetime
from enum import Enum
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, field


class Balance(Struct, kw_only=True):
    """What an owner has, over all apps."""

    owner_id: str
    balance: Annotated[int, Meta(description="In credits, whole numbers.", examples=[10])]
    seq: Annotated[int, Meta(description="The number of the owner's entries.")]
    updated_on: Annotated[datetime, Meta(description="The moment of the newest entry.")]


ReplayedItem: TypeAlias = Annotated[int, Meta(ge=0, le=999)]


class Entry(Struct, kw_only=True):
    """An entry of the books, which never changes."""

    id: int
    app: str
    operation: str
    owner_id: str
    seq: Annotated[int, Meta(description="1, 2, 3 … within the owner's entries.")]
    amount: Annotated[int, Meta(description="The units asked for.")]
    delta: Annotated[int, Meta(description="The signed change of the balance, in credits.")]
    balance_after: Annotated[int, Meta(description="In credits, whole numbers.", examples=[10])]
    nonce: str
    claim: Annotated[str, Meta(description="The slot that only one entry of the owner may take.")] | None
    reverses: Annotated[int, Meta(description="The id of the entry that this one reverses.")] | None
    client: Annotated[str, Meta(description="The name of the API client that posted it.")]
    created_on: datetime
    hash: Annotated[str, Meta(description="SHA-256 over the owner's previous hash and this entry, in hexadecimal.")]


class FieldError(Struct, kw_only=True):
    """A field at fault."""

    field_: str = field(name="field")
    detail: str


class ItemError(Struct, kw_only=True):
    """An item of a batch at fault; beside these, what the problem document of its code has further."""

    index: Annotated[int, Meta(ge=0, le=999)]
    code: str
    detail: str
    errors: list[FieldError] | UnsetType = UNSET
    fields: list[str] | UnsetType = UNSET
    balance: int | UnsetType = UNSET
    again_on: datetime | UnsetType | None = UNSET
    remaining: int | UnsetType = UNSET


class Scope(Enum):
    """What a client of the API may do."""

    mint = "mint"
    post = "post"
    read = "read"


Reverses: TypeAlias = Annotated[
    int, Meta(description="The id of an entry.", examples=[1], ge=1, le=9223372036854775807)
]


class PostRequest(Struct, kw_only=True):
    """An operation to post."""

    operation: Annotated[str, Meta(description="The code of an operation of the app.")]
    owner_id: Annotated[
        str,
        Meta(
            description="Whose balance it is. No control characters, no slash. Compared byte by byte.",
            examples=["alice"],
            max_length=128,
            min_length=1,
            pattern="^(?!\\.{1,2}$)(?!.*/)[^\\x00-\\x1f\\x7f-\\x9f]+$(?!\\n)",
        ),
    ]
    nonce: Annotated[
        str,
        Meta(
            description="Chosen by the caller, new for each intended operation and the same for each retry of it: once per owner, over all apps. No control characters.",
            examples=["order-1001"],
            max_length=128,
            min_length=1,
            pattern="^[^\\x00-\\x1f\\x7f-\\x9f]+$(?!\\n)",
        ),
    ]
    amount: (
        Annotated[
            int,
            Meta(
                description="How many units of the operation; each moves the operation's value in credits, or, of one that reverses another, moves back what a unit of the reversed entry moved.",
                examples=[1],
                ge=1,
                le=9223372036854775807,
            ),
        ]
        | UnsetType
    ) = 1
    reverses: (
        Annotated[Reverses, Meta(description="The entry to reverse, for an operation that reverses another.")]
        | UnsetType
        | None
    ) = UNSET


class Batch(Struct, kw_only=True):
    """The entries of a batch, in the order in which they were asked for."""

    entries: list[Entry]
    replayed: Annotated[list[ReplayedItem], Meta(description="The indices of those that earlier requests had posted.")]


class Entries(Struct, kw_only=True):
    """A page of an owner's entries, newest first."""

    entries: list[Entry]
    next: Annotated[str, Meta(description="The address of the next page, of older entries.")] | None


class Operation(Struct, kw_only=True):
    """An operation of the app, and its rules."""

    operation: Annotated[str, Meta(description="The code of an operation of the app.", examples=["CREDIT_ADD"])]
    value: (
        Annotated[
            int,
            Meta(
                description="What one unit adds to the balance, in credits. Null for an operation that reverses another: a unit moves back what a unit of the reversed entry moved."
            ),
        ]
        | None
    )
    scope: Annotated[Scope, Meta(description="What a client has to be allowed, to post it.")]
    max_amount: Annotated[int, Meta(description="The most units that one request may ask for.")]
    claim: Annotated[str, Meta(description="How often an owner can have it: once or daily, or without limit.")] | None
    reverses: Annotated[str, Meta(description="The operation whose entries it takes back.")] | None
    retired: Annotated[bool, Meta(description="Whether new posts of it are rejected.")]
    description: str


class Operations(Struct, kw_only=True):
    """The operations of an app."""

    app: str
    operations: list[Operation]


class Problem(Struct, kw_only=True):
    """Why a request was refused, as RFC 9457 has it (application/problem+json). Nothing was written."""

    type: Annotated[str, Meta(description="The kind of problem, as a URI reference.")]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    code: Annotated[str, Meta(description="The kind of problem, for programs: it does not change.")]
    request_id: Annotated[str, Meta(description="The request's id, also in X-Request-ID and in the logs.")]
    errors: Annotated[list[FieldError], Meta(description="The fields at fault.")] | UnsetType = UNSET
    fields: Annotated[list[str], Meta(description="What differs from the first request.")] | UnsetType = UNSET
    balance: Annotated[int, Meta(description="What the owner has, in credits.")] | UnsetType = UNSET
    again_on: (
        Annotated[datetime, Meta(description="When the owner can have it again; null for never.")] | UnsetType | None
    ) = UNSET
    remaining: Annotated[int, Meta(description="The units of the entry that are left to reverse.")] | UnsetType = UNSET
    items: Annotated[list[ItemError], Meta(description="The items of the batch at fault.")] | UnsetType = UNSET
    scope: Annotated[Scope, Meta(description="The scope that the client does not have.")] | UnsetType = UNSET
