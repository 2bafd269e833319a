"""Checks of ids before a request is sent: some ids would lead to another address, and others cannot be sent."""

from typing import get_type_hints

import msgspec

from shared_ledger.errors import InvalidRequest
from shared_ledger.made.models import Item, Reverses

_KINDS = get_type_hints(Item, include_extras=True) | {
    "entry_id": Reverses,
    "hold_id": Reverses,
}  # the types of the OpenAPI document
_EXPECTED = {
    "operation": "text",
    "owner_id": "1 to 128 characters, no control characters, no slash, and neither . nor .. alone",
    "nonce": "1 to 128 characters, no control characters",
    "entry_id": "a whole number from 1 to 9223372036854775807",
    "hold_id": "a whole number from 1 to 9223372036854775807",
}


def check(field: str, value: object, place: str = "") -> None:
    """Raise InvalidRequest unless the value is valid for the field."""
    try:
        if isinstance(msgspec.convert(value, _KINDS[field]), str):
            str(value).encode()  # no lone surrogates, which stand for bytes that are not UTF-8
    except (msgspec.ValidationError, UnicodeEncodeError):
        raise _invalid(f"{place}{field}", f"Expected {_EXPECTED[field]}") from None


def check_request(request: Item, place: str = "") -> None:
    """Raise InvalidRequest unless the texts of the request can be sent."""
    for field in ("operation", "owner_id", "nonce"):
        check(field, getattr(request, field), place)


def _invalid(field: str, detail: str) -> InvalidRequest:
    said = {"code": "invalid-request", "status": 400, "detail": f"{field}: {detail}.", "request_id": ""}
    return InvalidRequest(said | {"errors": [{"field": field, "detail": detail}]})
