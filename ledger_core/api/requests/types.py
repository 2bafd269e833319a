"""The types of requests: bodies and query strings. Each field is declared once, for the decoder and for OpenAPI."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from ledger_core.operations import OperationSet
from ledger_core.posting import MAX_ITEMS, Item, make_each
from ledger_core.values import MAX_CREDITS, Amount, EntryId, Moment, Nonce, OwnerId

OperationCode = Annotated[str, Meta(description="The code of an operation of the app.", examples=["CREDIT_ADD"])]


class PostRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """An operation to post."""

    operation: OperationCode
    owner_id: OwnerId
    nonce: Nonce
    amount: Amount = 1
    reverses: Annotated[
        EntryId | None,
        Meta(
            description="The id of the entry to reverse. Required for operations that reverse entries. Omit it for "
            "others, or send null."
        ),
    ] = None

    def item(self, operations: OperationSet[Any]) -> Item[Any]:
        """Return the item to post. Its values are valid: decoding has checked them. Raises InvalidOperation."""
        return Item(operations.parse(self.operation), self.owner_id, self.nonce, self.amount, self.reverses)


class BatchRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Items to post, all or none of them."""

    entries: Annotated[
        list[PostRequest], Meta(min_length=1, max_length=MAX_ITEMS, description="The items to post, in order.")
    ]

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


class EntriesQuery(Struct, kw_only=True, forbid_unknown_fields=True):
    """The query string of a list of entries."""

    operation: Annotated[
        Annotated[str, Meta(examples=["CREDIT_ADD"])] | None, Meta(description="Only entries of this operation.")
    ] = None
    since: Annotated[Moment | None, Meta(description="Only entries posted at or after this time.")] = None
    until: Annotated[Moment | None, Meta(description="Only entries posted before this time.")] = None
    before: Annotated[
        Annotated[int, Meta(ge=1, le=MAX_CREDITS, examples=[100])] | None,
        Meta(description="Only entries with a lower `seq`."),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="The maximum number of entries to return.")] = 100
