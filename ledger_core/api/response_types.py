"""The documents of successful responses. Each field is declared once, for the encoder and for OpenAPI."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from types import GenericAlias
from typing import Annotated, Any, Self, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct
from msgspec.structs import fields

from ledger_core.models import Entry
from ledger_core.posting import MAX_ITEMS, Posted

S = TypeVar("S", bound=Struct)
Index = Annotated[int, Meta(ge=0, le=MAX_ITEMS - 1)]
Time = Annotated[datetime, Meta(tz=True)]  # with tz, OpenAPI has the format date-time, and clients the type


class DrawnDocument(Struct):
    """The credits that an entry takes from a lot, or gives back to it."""

    lot: Annotated[int, Meta(description="The id of the lot, which is also the id of the entry that gave the credits.")]
    credits: Annotated[
        int, Meta(description="How many credits the entry takes or reserves. Negative if it gives them back.")
    ]


class EntryDocument(Struct):
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
            description="The nonce of the request. The ledger chooses it for the receiver's side of a transfer, and "
            "for `HOLD_EXPIRY` and `CREDIT_EXPIRY`."
        ),
    ]
    claim: Annotated[
        str | None,
        Meta(
            description="For an operation that an owner can have only once, or once a day: the slot that this entry "
            "takes, such as `content:DAILY_REWARD:2026-11-25`. Null for other operations."
        ),
    ]
    reverses: Annotated[
        int | None, Meta(description="The id of the entry that this one reverses, or of the lot that it ends, or null.")
    ]
    batch: Annotated[
        int | None, Meta(description="The number of the batch, the same for all its entries; null outside of batches.")
    ]
    client: Annotated[
        str,
        Meta(
            description="The name of the API client that posted it, the name that Python code passed, or `staff:` and "
            "a user name. Empty when holds or credits expire, and if Python code passed none."
        ),
    ]
    reference: Annotated[
        str | None,
        Meta(
            description="The `reference` of the request, or null. For a capture, a release or `HOLD_EXPIRY`, that of "
            "the hold."
        ),
    ]
    metadata: Annotated[dict[str, str] | None, Meta(description="The `metadata` of the request, or null.")]
    created_on: Annotated[Time, Meta(description="When it was posted, in UTC.")]
    hash: Annotated[
        str,
        Meta(description="The SHA-256 of this entry and of the hash of the owner's entry before it, in hexadecimal."),
    ]
    held: Annotated[
        int | UnsetType,
        Meta(
            description="Only for holds, captures, releases and `HOLD_EXPIRY`: the signed change of the credits that "
            "holds reserve. Positive for a hold, negative for the others."
        ),
    ] = UNSET
    hold: Annotated[
        int | UnsetType, Meta(description="Only for captures, releases and `HOLD_EXPIRY`: the id of the hold.")
    ] = UNSET
    expires_on: Annotated[
        Time | UnsetType,
        Meta(
            description="Only for holds, captures with `final: false`, and credits that expire: when the hold or the "
            "credits expire."
        ),
    ] = UNSET
    transfer: Annotated[
        int | UnsetType,
        Meta(description="Only for entries of a transfer or of its reversal: the id of the other owner's entry."),
    ] = UNSET
    counterparty: Annotated[
        str | UnsetType, Meta(description="Only for entries of a transfer or of its reversal: the other owner.")
    ] = UNSET
    drawn: Annotated[
        list[DrawnDocument] | UnsetType,
        Meta(description="Only for entries that take, reserve or give back credits of lots: the credits, by lot."),
    ] = UNSET
    other_side: Annotated[
        "EntryDocument | UnsetType",
        Meta(description="Only in the response to a transfer or the reversal of one: the entry of the other owner."),
    ] = UNSET

    @classmethod
    def of(cls, entry: Entry, other: Entry | None = None) -> Self:
        values: Any = _values_of_entry(entry)
        document = _with_rare_fields(cls(*(*values[:-1], bytes(values[-1]).hex())), entry)
        if other:
            document.other_side = cls.of(other)
        return document


# Fields that few entries have. The others do not show them.
_RARE = ("held", "hold", "expires_on", "transfer", "counterparty")
_values_of_entry = attrgetter(*(field.name for field in fields(EntryDocument) if field.required))


def _with_rare_fields(document: S, entry: Entry) -> S:
    if entry.held or entry.transfer is not None or entry.expires_on is not None:
        for name in _RARE:
            if name in document.__struct_fields__ and (value := getattr(entry, name)):
                setattr(document, name, value)
    if entry.drawn is not None:
        document.drawn = _drawn(entry)  # type: ignore[attr-defined]  # of both documents of entries
    return document


def _drawn(entry: Entry) -> list[DrawnDocument]:
    """Return the credits of lots that an entry spends or gives back, or that it reserves or releases."""
    moved = [DrawnDocument(lot, spent if entry.delta else taken) for lot, taken, spent in entry.drawn or ()]
    return [each for each in moved if each.credits]


# The fields that an entry gets only when it is posted.
_ONLY_POSTED = {"id", "batch", "transfer", "other_side", "hash"}
DRY_RUN = ("dry_run", Annotated[bool, Meta(description="True: nothing was posted.")])
_shown = [field for field in fields(EntryDocument) if field.name not in _ONLY_POSTED]
_in_previews: list[tuple[str, Any]] = [(field.name, field.type) for field in _shown if field.required]
_rare_in_previews: list[tuple[str, Any, Any]] = [
    (field.name, field.type, UNSET) for field in _shown if not field.required
]
_OTHER_SIDE = (
    "other_side",
    Annotated["PreviewDocument | UnsetType", Meta(description="Only for a transfer: the entry of the other owner.")],
    UNSET,
)
PreviewDocument = defstruct(
    "PreviewDocument",
    [*_in_previews, DRY_RUN, *_rare_in_previews, _OTHER_SIDE],
    namespace={"__doc__": "What a dry run would have posted: an entry without `id`, `batch` and `hash`."},
    module=__name__,
)
_values_of_preview = attrgetter(*(name for name, _ in _in_previews))
BatchPreviewDocument = defstruct(
    "BatchPreviewDocument",
    [
        (
            "entries",
            Annotated[GenericAlias(list, PreviewDocument), Meta(description="One for each item, in their order.")],
        ),
        (
            "replayed",
            Annotated[list[Index], Meta(description="The indices of the items that earlier requests had posted.")],
        ),
        DRY_RUN,
    ],
    namespace={"__doc__": "What the dry run of a batch would have posted."},
)


def preview_of(posted: Posted) -> Any:
    """Return the document of an entry that was not posted."""
    document: Any = _preview_of(posted.entry)
    if posted.other:
        document.other_side = _preview_of(posted.other)
    return document


def _preview_of(entry: Entry) -> Struct:
    return _with_rare_fields(PreviewDocument(*_values_of_preview(entry), True), entry)


def batch_preview_of(batch: Sequence[Posted]) -> Struct:
    """Return the document of a batch that was not posted. It has no ids, not even of items that are replays."""
    return BatchPreviewDocument([preview_of(posted) for posted in batch], _replayed(batch), True)


def _replayed(batch: Sequence[Posted]) -> list[int]:
    return [index for index, posted in enumerate(batch) if posted.replayed]


class EntriesDocument(Struct, kw_only=True):
    """A page of an owner's entries, newest first."""

    entries: Annotated[list[EntryDocument], Meta(description="The entries of this page.")]
    next: Annotated[
        str | None,
        Meta(description="The path and query string of the next page, in the same order; null on the last page."),
    ]


class BatchDocument(Struct, kw_only=True):
    """The entries of a batch."""

    entries: Annotated[list[EntryDocument], Meta(description="One entry for each item, in the order of the items.")]
    replayed: Annotated[list[Index], Meta(description="The indices of the items that earlier requests had posted.")]

    @classmethod
    def of(cls, batch: Sequence[Posted]) -> Self:
        return cls(
            entries=[EntryDocument.of(posted.entry, posted.other) for posted in batch],
            replayed=_replayed(batch),
        )
