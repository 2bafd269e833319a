"""The types of the API. Generated from its OpenAPI document by `make client`."""

from datetime import datetime
from enum import Enum
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, field


class Balance(Struct, kw_only=True):
    """The balance of an owner over all apps, now or at the time `at`."""

    owner_id: Annotated[str, Meta(description="The owner.")]
    balance: Annotated[int, Meta(description="The balance, in credits.", examples=[10])]
    seq: Annotated[int, Meta(description="How many entries the owner has, over all apps. With `at`, as of that time.")]
    updated_on: Annotated[
        datetime, Meta(description="When the owner's newest entry was posted, in UTC. With `at`, as of that time.")
    ]


ReplayedItem: TypeAlias = Annotated[int, Meta(ge=0, le=999)]


class Entry(Struct, kw_only=True):
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
    claim: (
        Annotated[
            str,
            Meta(
                description="For an operation with a frequency, the period that this entry uses up, such as `content:DAILY_REWARD:2026-11-25`. Null for other operations."
            ),
        ]
        | None
    )
    reverses: Annotated[int, Meta(description="The id of the entry that this one reverses, or null.")] | None
    client: Annotated[
        str,
        Meta(description="The name of the API client that posted it. Empty if Python code in the service posted it."),
    ]
    created_on: Annotated[datetime, Meta(description="When it was posted, in UTC.")]
    hash: Annotated[
        str,
        Meta(description="The SHA-256 of this entry and of the hash of the owner's entry before it, in hexadecimal."),
    ]


class FieldError(Struct, kw_only=True):
    """A field that is wrong."""

    field_: Annotated[str, Meta(description="The field or query parameter: `amount`, or `entries[3].amount`.")] = field(
        name="field"
    )
    detail: Annotated[str, Meta(description="What is wrong with it.")]


class ItemError(Struct, kw_only=True):
    """An item that cannot be posted, with the fields that the problem document of its code has."""

    index: Annotated[int, Meta(description="The position of the item in the batch, from 0.", ge=0, le=999)]
    code: Annotated[str, Meta(description="The code of the item's problem.")]
    detail: Annotated[str, Meta(description="Why the item cannot be posted.")]
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
            description="The owner of the balance. No control characters, no slash, not `.` or `..`. Case-sensitive, compared byte by byte, without Unicode normalisation.",
            examples=["alice"],
            max_length=128,
            min_length=1,
            pattern="^(?!\\.{1,2}$)(?!.*/)[^\\x00-\\x1f\\x7f-\\x9f]+$(?!\\n)",
        ),
    ]
    nonce: Annotated[
        str,
        Meta(
            description="An id that the client chooses. Use a new nonce for each operation, and the same nonce for each retry. Unique per owner, over all apps. No control characters.",
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
                description="How many units to post, at most the operation's `max_amount`. Each unit changes the balance by the operation's `value`. For a reversal, each unit undoes one unit of the reversed entry.",
                examples=[1],
                ge=1,
                le=9223372036854775807,
            ),
        ]
        | UnsetType
    ) = 1
    reverses: (
        Annotated[
            Reverses,
            Meta(
                description="The id of the entry to reverse. Required for operations that reverse entries. Omit it for others, or send null."
            ),
        ]
        | UnsetType
        | None
    ) = UNSET


class Batch(Struct, kw_only=True):
    """The entries of a batch."""

    entries: Annotated[list[Entry], Meta(description="One entry for each item, in the order of the items.")]
    replayed: Annotated[
        list[ReplayedItem], Meta(description="The indices of the items that earlier requests had posted.")
    ]


class Entries(Struct, kw_only=True):
    """A page of an owner's entries, newest first."""

    entries: Annotated[list[Entry], Meta(description="The entries of this page.")]
    next: (
        Annotated[
            str,
            Meta(description="The path and query string of the next page, with older entries; null on the last page."),
        ]
        | None
    )


class Operation(Struct, kw_only=True):
    """An operation of the app, with its rules."""

    operation: Annotated[str, Meta(description="The code of the operation.", examples=["CREDIT_ADD"])]
    value: (
        Annotated[
            int,
            Meta(
                description="The credits that one unit adds. Negative if it takes credits. Null for a reversal, which depends on the reversed entry."
            ),
        ]
        | None
    )
    scope: Annotated[Scope, Meta(description="The scope that a client needs to post it.")]
    max_amount: Annotated[int, Meta(description="The highest `amount` of one request or item.")]
    frequency: (
        Annotated[
            str,
            Meta(
                description="How often it can be posted for an owner in this app: `once`, `daily` (per UTC day), or null for no limit."
            ),
        ]
        | None
    )
    reversed_operation: Annotated[str, Meta(description="The operation whose entries it reverses, or null.")] | None
    retired: Annotated[bool, Meta(description="True if new posts of it are rejected.")]
    description: Annotated[str, Meta(description="What the operation is for.")]


class Operations(Struct, kw_only=True):
    """The operations of an app."""

    app: Annotated[str, Meta(description="The app.")]
    operations: Annotated[list[Operation], Meta(description="Its operations: the shared ones and its own.")]


class Problem(Struct, kw_only=True):
    """A problem document (RFC 9457): why the service rejected the request."""

    type: Annotated[str, Meta(description="The path of the page about this problem, as a URI reference.")]
    title: Annotated[str, Meta(description="A short summary, the same for every occurrence.")]
    status: Annotated[int, Meta(description="The HTTP status.", ge=400, le=599)]
    detail: Annotated[str, Meta(description="What happened in this request, for people.")]
    code: Annotated[str, Meta(description="The kind of problem, for programs. Codes never change.")]
    request_id: Annotated[str, Meta(description="The id of the request, also in `X-Request-ID` and in the logs.")]
    errors: (
        Annotated[list[FieldError], Meta(description="The fields or query parameters to fix, at most 20.")] | UnsetType
    ) = UNSET
    fields: (
        Annotated[list[str], Meta(description="The fields that differ from the first request with the nonce.")]
        | UnsetType
    ) = UNSET
    balance: Annotated[int, Meta(description="The owner's balance, in credits.")] | UnsetType = UNSET
    again_on: (
        Annotated[datetime, Meta(description="When the operation can be posted for the owner again; null for never.")]
        | UnsetType
        | None
    ) = UNSET
    remaining: Annotated[int, Meta(description="How many units of the entry are left to reverse.")] | UnsetType = UNSET
    items: Annotated[list[ItemError], Meta(description="The items that cannot be posted.")] | UnsetType = UNSET
    scope: Annotated[Scope, Meta(description="The missing scope.")] | UnsetType = UNSET
