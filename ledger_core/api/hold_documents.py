"""The documents of holds."""

from operator import attrgetter
from typing import Annotated, Self

from msgspec import Meta, Struct, defstruct
from msgspec.structs import astuple, fields

from ledger_core.api.response_types import DRY_RUN, Time
from ledger_core.queries.holds import Hold, HoldState


class HoldDocument(Struct):
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
    expires_on: Annotated[Time, Meta(description="The end of its lifetime, even if the hold ended earlier, in UTC.")]
    nonce: Annotated[str, Meta(description="The nonce of the request.")]
    client: Annotated[str, Meta(description="The name of the API client that made it.")]
    reference: Annotated[str | None, Meta(description="The `reference` of the request, or null.")]
    metadata: Annotated[dict[str, str] | None, Meta(description="The `metadata` of the request, or null.")]
    created_on: Annotated[Time, Meta(description="When it was made, in UTC.")]

    @classmethod
    def of(cls, hold: Hold) -> Self:
        head, rest = _head_of_hold(hold.entry), _rest_of_hold(hold.entry)
        return cls(*(*head, hold.captured, hold.left, hold.held, hold.state, *rest))


_head_of_hold = attrgetter("id", "app", "operation", "owner_id", "amount")
_rest_of_hold = attrgetter("expires_on", "nonce", "client", "reference", "metadata", "created_on")

HoldPreviewDocument = defstruct(
    "HoldPreviewDocument",
    [*((field.name, field.type) for field in fields(HoldDocument) if field.name != "id"), DRY_RUN],
    namespace={"__doc__": "The hold that a dry run would have made: a hold without `id`."},
)


def hold_preview_of(hold: Hold) -> Struct:
    """Return the document of a hold that was not made."""
    return HoldPreviewDocument(*astuple(HoldDocument.of(hold))[1:], True)


class HoldsDocument(Struct, kw_only=True):
    """A page of an owner's open holds."""

    holds: Annotated[list[HoldDocument], Meta(description="The open holds that this app has made, newest first.")]
    next: Annotated[str | None, Meta(description="The path and query string of the next page; null on the last page.")]
