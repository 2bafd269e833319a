"""The types of the API. Generated from its OpenAPI document by `make client`."""

from datetime import datetime
from enum import Enum
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, field

ReplayedItem: TypeAlias = Annotated[int, Meta(ge=0, le=999)]


class Drawn(Struct, kw_only=True):
    """The credits that an entry takes from a lot, or gives back to it."""

    lot: Annotated[int, Meta(description="The id of the lot, which is also the id of the entry that gave the credits.")]
    credits: Annotated[
        int, Meta(description="How many credits the entry takes or reserves. Negative if it gives them back.")
    ]


class Entry(Struct, kw_only=True):
    """An entry of the ledger. Entries never change."""

    id: Annotated[int, Meta(description="The id of the entry, unique in the ledger.")]
    app: Annotated[str, Meta(description="The app that posted it.")]
    operation: Annotated[str, Meta(description="The code of the operation.")]
    owner_id: Annotated[str, Meta(description="The owner of the entry.")]
    seq: Annotated[int, Meta(description="The position among the owner's entries over all apps: 1, 2, 3 …")]
    amount: Annotated[int, Meta(description="How many units of the operation were posted.")]
    delta: Annotated[int, Meta(description="The signed change of the balance, in credits.")]
    balance_after: Annotated[int, Meta(description="The balance after this entry, in credits.")]
    nonce: Annotated[
        str,
        Meta(
            description="The nonce of the request. The ledger chooses it for the receiver's side of a transfer, and for `HOLD_EXPIRY` and `CREDIT_EXPIRY`."
        ),
    ]
    claim: (
        Annotated[
            str,
            Meta(
                description="For an operation that an owner can have only once, or once a day: the slot that this entry takes, such as `content:DAILY_REWARD:2026-11-25`. Null for other operations."
            ),
        ]
        | None
    )
    reverses: (
        Annotated[
            int, Meta(description="The id of the entry that this one reverses, or of the lot that it ends, or null.")
        ]
        | None
    )
    batch: (
        Annotated[
            int, Meta(description="The number of the batch, the same for all its entries; null outside of batches.")
        ]
        | None
    )
    client: Annotated[
        str,
        Meta(
            description="The name of the API client that posted it, the name that Python code passed, or `staff:` and a user name. Empty when holds or credits expire, and if Python code passed none."
        ),
    ]
    reference: (
        Annotated[
            str,
            Meta(
                description="The `reference` of the request, or null. For a capture, a release or `HOLD_EXPIRY`, that of the hold."
            ),
        ]
        | None
    )
    metadata: Annotated[dict[str, str], Meta(description="The `metadata` of the request, or null.")] | None
    created_on: Annotated[datetime, Meta(description="When it was posted, in UTC.")]
    hash: Annotated[
        str,
        Meta(description="The SHA-256 of this entry and of the hash of the owner's entry before it, in hexadecimal."),
    ]
    held: (
        Annotated[
            int,
            Meta(
                description="Only for holds, captures, releases and `HOLD_EXPIRY`: the signed change of the credits that holds reserve. Positive for a hold, negative for the others."
            ),
        ]
        | UnsetType
    ) = UNSET
    hold: (
        Annotated[int, Meta(description="Only for captures, releases and `HOLD_EXPIRY`: the id of the hold.")]
        | UnsetType
    ) = UNSET
    expires_on: (
        Annotated[
            datetime,
            Meta(
                description="Only for holds, captures with `final: false`, and credits that expire: when the hold or the credits expire."
            ),
        ]
        | UnsetType
    ) = UNSET
    transfer: (
        Annotated[
            int,
            Meta(description="Only for entries of a transfer or of its reversal: the id of the other owner's entry."),
        ]
        | UnsetType
    ) = UNSET
    counterparty: (
        Annotated[str, Meta(description="Only for entries of a transfer or of its reversal: the other owner.")]
        | UnsetType
    ) = UNSET
    drawn: (
        Annotated[
            list[Drawn],
            Meta(description="Only for entries that take, reserve or give back credits of lots: the credits, by lot."),
        ]
        | UnsetType
    ) = UNSET
    other_side: (
        Annotated[
            "Entry",
            Meta(
                description="Only in the response to a transfer or the reversal of one: the entry of the other owner."
            ),
        ]
        | UnsetType
    ) = UNSET


class FieldError(Struct, kw_only=True):
    """A field that is wrong."""

    field_: Annotated[str, Meta(description="The field or query parameter: `amount`, or `entries[3].amount`.")] = field(
        name="field"
    )
    detail: Annotated[str, Meta(description="What is wrong with it.")]


class HoldState(Enum):
    """The state of a hold."""

    captured = "captured"
    expired = "expired"
    open = "open"
    released = "released"


class ItemError(Struct, kw_only=True):
    """An item that cannot be posted, with the fields that the problem document of its code has."""

    index: Annotated[int, Meta(description="The position of the item in the batch, from 0.", ge=0, le=999)]
    code: Annotated[str, Meta(description="The code of the item's problem.")]
    detail: Annotated[str, Meta(description="Why the item cannot be posted.")]
    errors: list[FieldError] | UnsetType = UNSET
    fields: list[str] | UnsetType = UNSET
    balance: int | UnsetType = UNSET
    held: int | UnsetType = UNSET
    available: int | UnsetType = UNSET
    short_by: int | UnsetType = UNSET
    largest_amount: int | UnsetType = UNSET
    again_on: datetime | UnsetType | None = UNSET
    remaining: int | UnsetType = UNSET


class Lot(Struct, kw_only=True):
    """A lot: the credits of one entry that expire."""

    id: Annotated[int, Meta(description="The id of the lot, which is also the id of the entry that gave it.")]
    app: Annotated[str, Meta(description="The app that gave it.")]
    operation: Annotated[str, Meta(description="The operation that gave it.")]
    remaining: Annotated[int, Meta(description="The credits that are left: neither spent nor held.")]
    priority: Annotated[int, Meta(description="Lots of the lowest priority are used first.")]
    expires_on: Annotated[datetime, Meta(description="When the credits expire, in UTC.")]
    created_on: Annotated[datetime, Meta(description="When the credits were given, in UTC.")]


class Lots(Struct, kw_only=True):
    """A page of an owner's open lots."""

    lots: Annotated[list[Lot], Meta(description="The open lots that all apps have given, in the order of their use.")]
    next: Annotated[str, Meta(description="The path and query string of the next page; null on the last page.")] | None


class NextExpiry(Struct, kw_only=True):
    """Credits of an owner that expire at the same time. Credits that are held do not count."""

    credits: Annotated[int, Meta(description="How many credits expire.", examples=[5])]
    expires_on: Annotated[datetime, Meta(description="When they expire, in UTC.")]


class Others(Struct, kw_only=True):
    """The entries of all other apps, and of corrections."""

    entries: Annotated[int, Meta(description="How many entries there are.")]
    credits: Annotated[int, Meta(description="The credits that they added to the balance; negative if they took them.")]


class Preview(Struct, kw_only=True):
    """What a dry run would have posted: an entry without `id`, `batch` and `hash`."""

    app: Annotated[str, Meta(description="The app that posted it.")]
    operation: Annotated[str, Meta(description="The code of the operation.")]
    owner_id: Annotated[str, Meta(description="The owner of the entry.")]
    seq: Annotated[int, Meta(description="The position among the owner's entries over all apps: 1, 2, 3 …")]
    amount: Annotated[int, Meta(description="How many units of the operation were posted.")]
    delta: Annotated[int, Meta(description="The signed change of the balance, in credits.")]
    balance_after: Annotated[int, Meta(description="The balance after this entry, in credits.")]
    nonce: Annotated[
        str,
        Meta(
            description="The nonce of the request. The ledger chooses it for the receiver's side of a transfer, and for `HOLD_EXPIRY` and `CREDIT_EXPIRY`."
        ),
    ]
    claim: (
        Annotated[
            str,
            Meta(
                description="For an operation that an owner can have only once, or once a day: the slot that this entry takes, such as `content:DAILY_REWARD:2026-11-25`. Null for other operations."
            ),
        ]
        | None
    )
    reverses: (
        Annotated[
            int, Meta(description="The id of the entry that this one reverses, or of the lot that it ends, or null.")
        ]
        | None
    )
    client: Annotated[
        str,
        Meta(
            description="The name of the API client that posted it, the name that Python code passed, or `staff:` and a user name. Empty when holds or credits expire, and if Python code passed none."
        ),
    ]
    reference: (
        Annotated[
            str,
            Meta(
                description="The `reference` of the request, or null. For a capture, a release or `HOLD_EXPIRY`, that of the hold."
            ),
        ]
        | None
    )
    metadata: Annotated[dict[str, str], Meta(description="The `metadata` of the request, or null.")] | None
    created_on: Annotated[datetime, Meta(description="When it was posted, in UTC.")]
    dry_run: Annotated[bool, Meta(description="True: nothing was posted.")]
    held: (
        Annotated[
            int,
            Meta(
                description="Only for holds, captures, releases and `HOLD_EXPIRY`: the signed change of the credits that holds reserve. Positive for a hold, negative for the others."
            ),
        ]
        | UnsetType
    ) = UNSET
    hold: (
        Annotated[int, Meta(description="Only for captures, releases and `HOLD_EXPIRY`: the id of the hold.")]
        | UnsetType
    ) = UNSET
    expires_on: (
        Annotated[
            datetime,
            Meta(
                description="Only for holds, captures with `final: false`, and credits that expire: when the hold or the credits expire."
            ),
        ]
        | UnsetType
    ) = UNSET
    counterparty: (
        Annotated[str, Meta(description="Only for entries of a transfer or of its reversal: the other owner.")]
        | UnsetType
    ) = UNSET
    drawn: (
        Annotated[
            list[Drawn],
            Meta(description="Only for entries that take, reserve or give back credits of lots: the credits, by lot."),
        ]
        | UnsetType
    ) = UNSET
    other_side: (
        Annotated["Preview", Meta(description="Only for a transfer: the entry of the other owner.")] | UnsetType
    ) = UNSET


class Scope(Enum):
    """What a client of the API may do."""

    mint = "mint"
    post = "post"
    read = "read"
    read_all = "read-all"


class Sum(Struct, kw_only=True):
    """The entries of an operation."""

    app: Annotated[str, Meta(description="The app that posted them.")]
    operation: Annotated[str, Meta(description="The code of the operation.")]
    entries: Annotated[int, Meta(description="How many entries there are.")]
    credits: Annotated[int, Meta(description="The credits that they added to the balance; negative if they took them.")]


Reference: TypeAlias = Annotated[
    str,
    Meta(
        description="Your own id for it, such as an order number. It need not be unique. No control characters.",
        examples=["order-1001"],
        max_length=128,
        min_length=1,
        pattern="^[^\\x00-\\x1f\\x7f-\\x9f]+$(?!\\n)",
    ),
]


MetadataAdditionalProperty: TypeAlias = Annotated[
    str, Meta(max_length=500, pattern="^[^\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]*$")
]


Reverses: TypeAlias = Annotated[
    int, Meta(description="The id of an entry.", examples=[1], ge=1, le=9223372036854775807)
]


ToOwnerId: TypeAlias = Annotated[
    str,
    Meta(
        description="The owner of the balance. No control characters, no slash, not `.` or `..`. Case-sensitive, compared byte by byte, without Unicode normalisation.",
        examples=["alice"],
        max_length=128,
        min_length=1,
        pattern="^(?!\\.{1,2}$)(?!.*/)[^\\x00-\\x1f\\x7f-\\x9f]+$(?!\\n)",
    ),
]


ExpiresIn: TypeAlias = Annotated[
    int,
    Meta(
        description="Shortens the lifetime of credits that expire, in seconds. Omit it for operations whose credits do not expire, or send null.",
        examples=[86400],
        ge=1,
        le=3155760000,
    ),
]


class Item(Struct, kw_only=True):
    """An operation to post, in a batch."""

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
            description="An id that the client chooses. Use a new nonce for each new post, hold, capture or release, and the same nonce for each retry. Unique per owner, over all apps. No control characters.",
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
    reference: (
        Annotated[
            Reference,
            Meta(
                description="Your own id for it, such as an order number. It need not be unique. No control characters."
            ),
        ]
        | UnsetType
        | None
    ) = UNSET
    metadata: (
        Annotated[
            dict[str, MetadataAdditionalProperty],
            Meta(
                description="Strings to store with the entry, by key: at most 16, each of at most 500 characters, without control characters except tabs and line breaks. All keys and values together have at most 2048 bytes. A key has 1 to 40 letters, digits, `_`, `-` or `.`."
            ),
        ]
        | UnsetType
        | None
    ) = UNSET
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
    to_owner_id: (
        Annotated[
            ToOwnerId,
            Meta(
                description="The owner who gets the credits. Required for transfers. Omit it for other operations, or send null."
            ),
        ]
        | UnsetType
        | None
    ) = UNSET
    expires_in: (
        Annotated[
            ExpiresIn,
            Meta(
                description="Shortens the lifetime of credits that expire, in seconds. Omit it for operations whose credits do not expire, or send null."
            ),
        ]
        | UnsetType
        | None
    ) = UNSET


class Balance(Struct, kw_only=True):
    """The balance of an owner over all apps, now or at the time `at`."""

    owner_id: Annotated[str, Meta(description="The owner.")]
    balance: Annotated[int, Meta(description="The balance, in credits.", examples=[10])]
    held: Annotated[int, Meta(description="The part of the balance that open holds reserve.", examples=[0])]
    available: Annotated[int, Meta(description="The credits that can be spent: `balance` minus `held`.")]
    seq: Annotated[int, Meta(description="How many entries the owner has, over all apps. With `at`, as of that time.")]
    updated_on: Annotated[
        datetime, Meta(description="When the owner's newest entry was posted, in UTC. With `at`, as of that time.")
    ]
    next_expiry: (
        Annotated[NextExpiry, Meta(description="The credits that expire next, or null if none do. Not with `at`.")]
        | UnsetType
        | None
    ) = UNSET


class Batch(Struct, kw_only=True):
    """The entries of a batch."""

    entries: Annotated[list[Entry], Meta(description="One entry for each item, in the order of the items.")]
    replayed: Annotated[
        list[ReplayedItem], Meta(description="The indices of the items that earlier requests had posted.")
    ]


class BatchPreview(Struct, kw_only=True):
    """What the dry run of a batch would have posted."""

    entries: Annotated[list[Preview], Meta(description="One for each item, in their order.")]
    replayed: Annotated[
        list[ReplayedItem], Meta(description="The indices of the items that earlier requests had posted.")
    ]
    dry_run: Annotated[bool, Meta(description="True: nothing was posted.")]


class Entries(Struct, kw_only=True):
    """A page of an owner's entries, newest first."""

    entries: Annotated[list[Entry], Meta(description="The entries of this page.")]
    next: (
        Annotated[
            str,
            Meta(description="The path and query string of the next page, in the same order; null on the last page."),
        ]
        | None
    )


class Explanation(Struct, kw_only=True):
    """Where a balance comes from: it is the sum of `operations` and `others`, minus `expired`."""

    balance: Annotated[Balance, Meta(description="The balance.")]
    operations: Annotated[
        list[Sum],
        Meta(description="What each operation of this app has added or taken; with `scope=all`, of all apps."),
    ]
    expired: Annotated[
        int, Meta(description="Expired credits whose entry `CREDIT_EXPIRY` the ledger has not written yet.")
    ]
    others: (
        Annotated[
            Others, Meta(description="What other apps and corrections have added or taken. Not with `scope=all`.")
        ]
        | UnsetType
    ) = UNSET


class Hold(Struct, kw_only=True):
    """A hold: credits that are reserved for a debit."""

    id: Annotated[int, Meta(description="The id of the hold, which is also the id of the entry that made it.")]
    app: Annotated[str, Meta(description="The app that made it.")]
    operation: Annotated[str, Meta(description="The operation that a capture posts.")]
    owner_id: Annotated[str, Meta(description="The owner of the held credits.")]
    amount: Annotated[int, Meta(description="How many units of the operation were held.")]
    captured: Annotated[int, Meta(description="How many units have been captured so far.")]
    remaining: Annotated[int, Meta(description="How many units are left to capture or release.")]
    held: Annotated[int, Meta(description="The credits that the hold reserves now.")]
    state: Annotated[
        HoldState,
        Meta(
            description="`open`; `captured`, by a final capture or by captures of all units; `released`; or `expired`."
        ),
    ]
    expires_on: Annotated[
        datetime, Meta(description="The end of its lifetime, even if the hold ended earlier, in UTC.")
    ]
    nonce: Annotated[str, Meta(description="The nonce of the request.")]
    client: Annotated[str, Meta(description="The name of the API client that made it.")]
    reference: Annotated[str, Meta(description="The `reference` of the request, or null.")] | None
    metadata: Annotated[dict[str, str], Meta(description="The `metadata` of the request, or null.")] | None
    created_on: Annotated[datetime, Meta(description="When it was made, in UTC.")]


class HoldPreview(Struct, kw_only=True):
    """The hold that a dry run would have made: a hold without `id`."""

    app: Annotated[str, Meta(description="The app that made it.")]
    operation: Annotated[str, Meta(description="The operation that a capture posts.")]
    owner_id: Annotated[str, Meta(description="The owner of the held credits.")]
    amount: Annotated[int, Meta(description="How many units of the operation were held.")]
    captured: Annotated[int, Meta(description="How many units have been captured so far.")]
    remaining: Annotated[int, Meta(description="How many units are left to capture or release.")]
    held: Annotated[int, Meta(description="The credits that the hold reserves now.")]
    state: Annotated[
        HoldState,
        Meta(
            description="`open`; `captured`, by a final capture or by captures of all units; `released`; or `expired`."
        ),
    ]
    expires_on: Annotated[
        datetime, Meta(description="The end of its lifetime, even if the hold ended earlier, in UTC.")
    ]
    nonce: Annotated[str, Meta(description="The nonce of the request.")]
    client: Annotated[str, Meta(description="The name of the API client that made it.")]
    reference: Annotated[str, Meta(description="The `reference` of the request, or null.")] | None
    metadata: Annotated[dict[str, str], Meta(description="The `metadata` of the request, or null.")] | None
    created_on: Annotated[datetime, Meta(description="When it was made, in UTC.")]
    dry_run: Annotated[bool, Meta(description="True: nothing was posted.")]


class Holds(Struct, kw_only=True):
    """A page of an owner's open holds."""

    holds: Annotated[list[Hold], Meta(description="The open holds that this app has made, newest first.")]
    next: Annotated[str, Meta(description="The path and query string of the next page; null on the last page.")] | None


class Operation(Struct, kw_only=True):
    """An operation of the app, with its rules."""

    operation: Annotated[str, Meta(description="The code of the operation.", examples=["CREDIT_ADD"])]
    kind: Annotated[
        str,
        Meta(
            description="`plain` (changes one balance), `grant` (gives credits that expire), `transfer` (moves credits to another owner) or `reversal` (undoes entries of another operation)."
        ),
    ]
    value: (
        Annotated[
            int,
            Meta(
                description="The credits that one unit adds. Negative if it takes credits. Null for a reversal: the reversed entry decides."
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
    can_be_held: Annotated[bool, Meta(description="True if its credits can be held before it is posted.")]
    hold_for: (
        Annotated[
            int, Meta(description="How many seconds a hold lasts without `expires_in`. Null if it cannot be held.")
        ]
        | None
    )
    expires_in: (
        Annotated[
            int, Meta(description="After how many seconds the credits that it gives expire. Null if they do not.")
        ]
        | None
    )
    priority: (
        Annotated[
            int,
            Meta(description="For credits that expire: those of the lowest priority are used first. Otherwise null."),
        ]
        | None
    )
    extends_by: (
        Annotated[
            int,
            Meta(
                description="For a reversal: how many seconds refunded credits last if their lot has expired. Null if they expire at once, and for other kinds."
            ),
        ]
        | None
    )
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
    balance: Annotated[int, Meta(description="The balance of the owner who pays, in credits.")] | UnsetType = UNSET
    held: Annotated[int, Meta(description="The part of `balance` that open holds reserve.")] | UnsetType = UNSET
    available: (
        Annotated[
            int,
            Meta(
                description="The credits that the operation can take: `balance` minus `held`; for a transfer, also minus the credits that expire."
            ),
        ]
        | UnsetType
    ) = UNSET
    short_by: Annotated[int, Meta(description="How many credits are missing.")] | UnsetType = UNSET
    largest_amount: (
        Annotated[int, Meta(description="The largest `amount` that would be accepted now; 0 for none.")] | UnsetType
    ) = UNSET
    again_on: (
        Annotated[datetime, Meta(description="When the operation can be posted for the owner again; null for never.")]
        | UnsetType
        | None
    ) = UNSET
    remaining: (
        Annotated[int, Meta(description="How many units are left of the entry to reverse, or of the hold.")] | UnsetType
    ) = UNSET
    items: Annotated[list[ItemError], Meta(description="The items that cannot be posted.")] | UnsetType = UNSET
    scope: Annotated[Scope, Meta(description="The missing scope.")] | UnsetType = UNSET
