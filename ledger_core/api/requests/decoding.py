"""From the bytes of a body to a typed request, by msgspec; every mistake in it is named."""

from typing import Any, NoReturn, TypeVar

import msgspec

from ledger_core.api.requests.mistakes import Reading, raise_mistakes
from ledger_core.errors import InvalidRequest
from ledger_core.values import excerpt

T = TypeVar("T", bound=msgspec.Struct)

# A batch has about five thousand parts. Python would need seconds to name every mistake in a body of millions, so such
# a body gets only the first one, which msgspec finds.
_MOST_PARTS = 50_000


def decode(body: Any, kind: type[T]) -> T:
    """Return the request that `body`, DRF's `request.data`, holds. Raises InvalidRequest with every mistake in it."""
    if not body:
        raise InvalidRequest("The body is empty. Send a JSON object, with its Content-Length.")
    try:
        document = msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _reject(body, kind, error)
    # msgspec takes the last of two fields of one name, and other readers the first: which amount was meant?
    if _may_repeat(body) and (reading := Reading(body)).repeats:
        raise_mistakes(reading.mistakes(kind))
    return document


def _reject(body: bytes, kind: type[msgspec.Struct], error: Exception) -> NoReturn:
    """Raise InvalidRequest for a body that msgspec rejected: with each field at fault or, if none is, the reason."""
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
    """Return whether a field can come twice in the body: Python's JSON, which tells, takes far longer.

    Without a backslash every string stands between two quotes and has no others; of what came twice, one is lost.
    """
    return b"\\" in body or body.count(b'"') != msgspec.json.encode(msgspec.json.decode(body)).count(b'"')
