"""The values of a request: each rule is written once, for the API, its schema and Python callers."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta, Struct

from ledger_core.errors import InvalidRequest

MAX_TEXT = 128
MAX_CREDITS = 2**63 - 1  # PostgreSQL's bigint

# No C0 or C1 control characters: line breaks separate the fields that an entry's hash covers. The look-ahead is for
# Python, where $ also matches before a final line break.
_PLAIN = r"[^\x00-\x1f\x7f-\x9f]+$(?!\n)"

Nonce = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_TEXT,
        pattern=f"^{_PLAIN}",
        description="An id that the client chooses. Use a new nonce for each new post, hold, capture or release, and "
        "the same nonce for each retry. Unique per owner, over all apps. No control characters.",
        extra={"pattern": "Expected no control characters"},
        examples=["order-1001"],
    ),
]
OwnerId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_TEXT,
        # An owner's id is a part of a path, /ledger/{owner_id}, so the id has no slash and is not . or ..
        pattern=rf"^(?!\.{{1,2}}$)(?!.*/){_PLAIN}",
        description="The owner of the balance. No control characters, no slash, not `.` or `..`. Case-sensitive, "
        "compared byte by byte, without Unicode normalisation.",
        extra={"pattern": "Expected no control characters, no slash, and neither . nor .. alone"},
        examples=["alice"],
    ),
]
Amount = Annotated[
    int,
    Meta(
        ge=1,
        le=MAX_CREDITS,
        description="How many units to post, at most the operation's `max_amount`. Each unit changes the balance by "
        "the operation's `value`. For a reversal, each unit undoes one unit of the reversed entry.",
        examples=[1],
    ),
]
Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_TEXT,
        pattern=f"^{_PLAIN}",
        extra={"pattern": "Expected no control characters"},
        examples=["order-1001"],
    ),
]
_METADATA_KEYS = 16
_METADATA_BYTES = 2048
Metadata = Annotated[
    dict[
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,40}$(?!\n)")],
        # No control characters except tabs and line breaks. The look-ahead is for Python, as above.
        Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$")],
    ],
    Meta(
        max_length=_METADATA_KEYS,
        extra={
            "pattern": "Expected keys of 1 to 40 letters, digits, `_`, `-` or `.`, and values without control "
            "characters, except line breaks and tabs"
        },
        examples=[{"order": "1001"}],
    ),
]
EntryId = Annotated[int, Meta(ge=1, le=MAX_CREDITS, description="The id of an entry.", examples=[1])]
LONGEST_HOLD = timedelta(days=30)
LONGEST_GRANT = timedelta(days=36_525)
HoldSeconds = Annotated[
    int,
    Meta(ge=1, le=LONGEST_HOLD // timedelta(seconds=1), examples=[600]),
]
LotSeconds = Annotated[int, Meta(ge=1, le=LONGEST_GRANT // timedelta(seconds=1), examples=[86400])]
Moment = Annotated[datetime, Meta(tz=True, examples=["2026-11-24T09:30:00Z"])]


def require_small(metadata: Mapping[str, str]) -> None:
    """Raise InvalidRequest if the keys and values of metadata have more than 2048 bytes in UTF-8."""
    if sum(len(key.encode()) + len(value.encode()) for key, value in metadata.items()) > _METADATA_BYTES:
        raise InvalidRequest.of_field("metadata", f"Expected at most {_METADATA_BYTES} bytes of keys and values")


def excerpt(text: str, most: int = MAX_TEXT) -> str:
    """Return the beginning of a text, at most `most` characters, for a response or a log that repeats what was sent.

    Characters that UTF-8 cannot encode are escaped.
    """
    short = text if len(text) <= most else f"{text[:most]}…"
    return short if short.isascii() else short.encode(errors="backslashreplace").decode()


def mistake_in(value: object, kind: Any) -> str | None:
    """Return why `value` is not of `kind`, one of the types above or any other that msgspec knows. None: it is."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        detail = str(error)
        for meta in _metas(kind):
            if "matching regex" in detail and meta.extra:
                return str(meta.extra["pattern"])  # easier to understand than a regular expression
        return detail.partition(" - at ")[0]
    return None


def _metas(kind: Any) -> Iterator[Meta]:
    """Yield what is said of the type, and of those that it consists of."""
    yield from getattr(kind, "__metadata__", ())
    for part in get_args(kind):
        yield from _metas(part)


def check(value: object, kind: Any, field: str) -> None:
    """Raise InvalidRequest, naming `field`, unless `value` is of `kind`."""
    if detail := mistake_in(value, kind):
        raise InvalidRequest.of_field(field, detail)


def check_each(source: object, kind: type[Struct]) -> None:
    """Raise InvalidRequest, naming the first invalid field, unless the attributes of `source` are of `kind`."""
    try:
        msgspec.convert(source, kind, from_attributes=True)
    except msgspec.ValidationError:
        for field in msgspec.structs.fields(kind):
            check(getattr(source, field.name), field.type, field.name)
        raise
