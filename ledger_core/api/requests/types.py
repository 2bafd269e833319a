"""The types of requests: bodies and query strings. Each field is declared once, for the decoder and for OpenAPI."""

from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct

from ledger_core.operations import OperationSet
from ledger_core.posting import MAX_ITEMS, Item, make_each
from ledger_core.queries.entries import Order
from ledger_core.values import (
    MAX_CREDITS,
    Amount,
    EntryId,
    HoldSeconds,
    LotSeconds,
    Metadata,
    Moment,
    Nonce,
    OwnerId,
    Reference,
)

DryRun = Annotated[
    bool,
    Meta(description="True: return the result or the problem that the real request would have, and change nothing."),
]
OperationCode = Annotated[str, Meta(description="The code of an operation of the app.", examples=["CREDIT_ADD"])]


class _OperationRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields that posts and holds have in common."""

    operation: OperationCode
    owner_id: OwnerId
    nonce: Nonce
    amount: Amount = 1
    reference: Annotated[
        Reference | None,
        Meta(description="Your own id for it, such as an order number. It need not be unique. No control characters."),
    ] = None
    metadata: Annotated[
        Metadata | None,
        Meta(
            description="Strings to store with the entry, by key: at most 16, each of at most 500 characters, without "
            "control characters except tabs and line breaks. All keys and values together have at most 2048 bytes. A "
            "key has 1 to 40 letters, digits, `_`, `-` or `.`."
        ),
    ] = None


class ItemRequest(_OperationRequest, kw_only=True, forbid_unknown_fields=True):
    """An operation to post, in a batch."""

    reverses: Annotated[
        EntryId | None,
        Meta(
            description="The id of the entry to reverse. Required for operations that reverse entries. Omit it for "
            "others, or send null."
        ),
    ] = None
    to_owner_id: Annotated[
        OwnerId | None,
        Meta(
            description="The owner who gets the credits. Required for transfers. Omit it for other operations, or send "
            "null."
        ),
    ] = None

    expires_in: Annotated[
        LotSeconds | None,
        Meta(
            description="Shortens the lifetime of credits that expire, in seconds. Omit it for operations whose "
            "credits do not expire, or send null."
        ),
    ] = None

    def item(self, operations: OperationSet[Any], nonce: str = "") -> Item[Any]:
        """Return the item to post, with `nonce` or its own. Its values are valid: decoding has checked them.

        Raises InvalidOperation.
        """
        return Item(
            operations.parse(self.operation),
            self.owner_id,
            nonce or self.nonce,
            self.amount,
            self.reverses,
            self.reference,
            self.metadata,
            self.to_owner_id,
            self.expires_in,
        )


OptionalNonce = Annotated[
    Nonce | None,
    Meta(
        description="An id that the client chooses. Use a new nonce for each new post, hold, capture or release, and "
        "the same nonce for each retry. Unique per owner, over all apps. No control characters. Required, unless the "
        "header `Idempotency-Key` has it."
    ),
]


class PostRequest(ItemRequest, kw_only=True, forbid_unknown_fields=True):
    """An operation to post."""

    nonce: OptionalNonce = None  # type: ignore[assignment]  # an item of a batch has no header
    dry_run: DryRun = False


class HoldRequest(_OperationRequest, kw_only=True, forbid_unknown_fields=True):
    """An operation to hold credits for."""

    nonce: OptionalNonce = None  # type: ignore[assignment]  # as above
    expires_in: Annotated[
        HoldSeconds | None,
        Meta(
            description="The lifetime of the hold in seconds, at most 30 days. By default, the operation's "
            "`hold_for`, or else the setting `LEDGER_HOLD_SECONDS`."
        ),
    ] = None
    dry_run: DryRun = False

    def item(self, operations: OperationSet[Any], nonce: str) -> Item[Any]:
        """Return the item to hold. Its values are valid: decoding has checked them. Raises InvalidOperation."""
        operation = operations.parse(self.operation)
        return Item(operation, self.owner_id, nonce, self.amount, None, self.reference, self.metadata)


class CaptureRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """How much of a hold to capture."""

    nonce: OptionalNonce = None
    amount: Annotated[
        Amount | None, Meta(description="How many units to capture. By default, all that are left.", examples=[1])
    ] = None
    final: Annotated[bool, Meta(description="Whether the rest of the hold is released.")] = True


class ReleaseRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """The release of a hold."""

    nonce: OptionalNonce = None


class BatchRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Items to post, all or none of them."""

    entries: Annotated[
        list[ItemRequest], Meta(min_length=1, max_length=MAX_ITEMS, description="The items to post, in order.")
    ]
    dry_run: DryRun = False

    def items(self, operations: OperationSet[Any]) -> list[Item[Any]]:
        """Return the items to post, with valid values. Raises InvalidBatch with each unknown operation."""
        return make_each(lambda entry: entry.item(operations), self.entries)


class NoQuery(Struct, forbid_unknown_fields=True):
    """The query string of a method without parameters."""


class BalanceQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The query string of a balance."""

    at: Annotated[
        Moment | None, Meta(description="Return the balance at this time. Omit it for the current balance.")
    ] = None


class HoldsQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The query string for listing holds."""

    limit: Annotated[int, Meta(ge=1, le=1000, description="The maximum number of holds to return.")] = 100
    before: Annotated[EntryId | None, Meta(description="Only holds with a lower id.", examples=[100])] = None


class LotsQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The query string for listing lots."""

    limit: Annotated[int, Meta(ge=1, le=1000, description="The maximum number of lots to return.")] = 100
    after: Annotated[
        EntryId | None, Meta(description="Only lots that are used after the lot with this id.", examples=[100])
    ] = None


class EntriesScope(StrEnum):
    """Which apps a client asks for: its own app, or all."""

    APP = "app"
    ALL = "all"


_Before = Annotated[int, Meta(ge=1, le=MAX_CREDITS, examples=[100])]
_After = Annotated[int, Meta(ge=0, le=MAX_CREDITS, examples=[100])]


class _PageQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The parameters that all lists of entries have in common."""

    operation: Annotated[
        Annotated[str, Meta(examples=["CREDIT_ADD"])] | None, Meta(description="Only entries of this operation.")
    ] = None
    since: Annotated[Moment | None, Meta(description="Only entries posted at or after this time.")] = None
    until: Annotated[Moment | None, Meta(description="Only entries posted before this time.")] = None
    order: Annotated[Order, Meta(description="Which entries come first.")] = Order.NEWEST_FIRST
    limit: Annotated[int, Meta(ge=1, le=1000, description="The maximum number of entries to return.")] = 100


class EntriesQuery(_PageQuery, kw_only=True, forbid_unknown_fields=True):
    """The query string for listing the entries of an owner."""

    before: Annotated[_Before | None, Meta(description="Only entries with a lower `seq`.")] = None
    after: Annotated[_After | None, Meta(description="Only entries with a higher `seq`.")] = None
    scope: Annotated[
        EntriesScope,
        Meta(description="`all`: also entries of other apps, and corrections. Needs the scope `read-all`."),
    ] = EntriesScope.APP


class ExplanationQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The query string of an explanation."""

    scope: Annotated[
        EntriesScope,
        Meta(description="`all`: also operations of other apps, and corrections. Needs the scope `read-all`."),
    ] = EntriesScope.APP


class AppEntriesQuery(_PageQuery, kw_only=True, forbid_unknown_fields=True):
    """The query string for listing the entries of an app."""

    owner_id: Annotated[OwnerId | None, Meta(description="Only entries of this owner.")] = None
    nonce: Annotated[Nonce | None, Meta(description="Only entries with this nonce, at most one per owner.")] = None
    reference: Annotated[Reference | None, Meta(description="Only entries with this reference.")] = None
    metadata: Annotated[
        Metadata | None,
        Meta(
            description="Only entries with this value for `{key}` in their metadata. Requires `owner_id`, `nonce` or "
            "`reference`."
        ),
    ] = None
    before: Annotated[_Before | None, Meta(description="Only entries older than the entry with this id.")] = None
    after: Annotated[_Before | None, Meta(description="Only entries newer than the entry with this id.")] = None
