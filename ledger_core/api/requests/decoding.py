"""From the bytes of a body to a typed request, by msgspec. A rejected body gets a list of all its mistakes."""

from typing import Any, NoReturn, TypeVar

import msgspec

from ledger_core.api.requests.mistakes import Reading, raise_mistakes
from ledger_core.errors import InvalidRequest
from ledger_core.values import excerpt

T = TypeVar("T", bound=msgspec.Struct)

# A batch has about five thousand parts. Python needs seconds to find every mistake in a body of millions of parts, so
# the problem document of such a body has only the first mistake, which msgspec finds.
_MOST_PARTS = 50_000


def decode(body: Any, kind: type[T]) -> T:
    """Return the request in `body`, which is DRF's `request.data`. Raises InvalidRequest with every mistake in it."""
    if not body:
        raise InvalidRequest("The body is empty. Send a JSON object, with its Content-Length.")
    try:
        document = msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _reject(body, kind, error)
    # Of two fields with the same name, msgspec reads the last, and other parsers the first. So both are rejected.
    if _may_repeat(body) and (reading := Reading(body)).repeats:
        raise_mistakes(reading.mistakes(kind))
    return document


def _reject(body: bytes, kind: type[msgspec.Struct], error: Exception) -> NoReturn:
    """Raise InvalidRequest for a body that msgspec rejected: with each wrong field or, without fields, the reason."""
    if sum(map(body.count, (b",", b"[", b"{"))) < _MOST_PARTS:
        try:
            raise_mistakes(Reading(body).mistakes(kind))
        except ValueError as not_json:
            raise InvalidRequest(f"The body is not JSON: {excerpt(str(not_json))}.") from None
    if not isinstance(error, msgspec.ValidationError):
        raise InvalidRequest(f"The body cannot be read as JSON: {excerpt(str(error))}.") from None
    detail, _, place = str(error).partition(" - at `$.")
    if place:
        raise_mistakes([(place.removesuffix("`"), excerpt(detail))])
    raise InvalidRequest(f"{excerpt(detail)}.") from None


def _may_repeat(body: bytes) -> bool:
    """Return whether a field may be repeated in the body. `Reading` knows for certain, but takes far longer.

    Without a backslash, every string has exactly two quotes. Decoding drops a repeated field, with its quotes.
    """
    return b"\\" in body or body.count(b'"') != msgspec.json.encode(msgspec.json.decode(body)).count(b'"')
