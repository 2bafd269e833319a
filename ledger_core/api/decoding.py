"""From bytes and query strings to typed requests, by msgspec; every mistake in one is named."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from rest_framework.request import Request

from ledger_core.errors import InvalidRequest
from ledger_core.values import MAX_TEXT, fault

T = TypeVar("T", bound=msgspec.Struct)

_MAX_ERRORS = 20  # a body has room for thousands of mistakes


def decode(body: Any, kind: type[T]) -> T:
    """Return the request that `body`, DRF's `request.data`, holds. Raises InvalidRequest with every mistake in it."""
    if not body:
        raise InvalidRequest("The body is empty: send a JSON object, and its Content-Length.")
    try:
        document = msgspec.json.decode(body, type=kind)
        # msgspec takes the last of two fields of one name, and other readers the first: which amount was meant?
        if _may_repeat(body):
            json.loads(body, object_pairs_hook=_require_unique)
        return document
    except msgspec.ValidationError as error:
        _raise_mistakes(body, kind)
        raise InvalidRequest(f"{error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"The body is not JSON that can be read: {error}.") from None


def decode_query(request: Request, kind: type[T]) -> T:
    """Return what the query string of DRF's request holds. Raises InvalidRequest with every mistake in it."""
    if not request.META.get("QUERY_STRING"):
        return kind()
    query = request.query_params
    _require_unique([(name, value) for name, values in query.lists() for value in values])
    given = query.dict()
    try:
        decoded = msgspec.convert(given, kind, strict=False)  # "5" is a number here
    except msgspec.ValidationError:
        _raise_each(_mistakes(given, kind, strict=False))
        raise
    for name, text in given.items():
        # A number would be a moment too, as seconds since 1970.
        if isinstance(getattr(decoded, name), datetime) and ":" not in str(text):
            raise InvalidRequest.of_field(name, "Expected a moment like 2026-11-24T09:30:00Z")
    return decoded


def _may_repeat(body: bytes) -> bool:
    """Return whether a field can come twice in the body: Python's JSON, which tells, takes far longer.

    Without a backslash every string stands between two quotes and has no others; of what came twice, one is lost.
    """
    return b"\\" in body or body.count(b'"') != msgspec.json.encode(msgspec.json.decode(body)).count(b'"')


def _require_unique(pairs: list[tuple[str, object]]) -> None:
    names = [name for name, _ in pairs]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        errors = [{"field": name[:MAX_TEXT], "detail": "More than once"} for name in twice[:_MAX_ERRORS]]
        raise InvalidRequest(f"More than once: {', '.join(e['field'] for e in errors)}.", errors=errors)


def _raise_mistakes(body: bytes, kind: type[msgspec.Struct]) -> None:
    """Raise InvalidRequest with each field at fault; msgspec, which found that there is one, stops at the first."""
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequest(f"The body is not JSON that can be read: {error}.") from None
    if isinstance(given, dict):
        _raise_each(_mistakes(given, kind, strict=True))


def _raise_each(mistakes: Iterator[tuple[str, str]]) -> None:
    errors = [{"field": field, "detail": detail} for field, detail in islice(mistakes, _MAX_ERRORS)]
    raise InvalidRequest("; ".join(f"{e['field']}: {e['detail']}" for e in errors) + ".", errors=errors)


def _mistakes(given: dict[str, Any], kind: type[msgspec.Struct], *, strict: bool) -> Iterator[tuple[str, str]]:
    fields = msgspec.structs.fields(kind)
    for field in fields:
        if field.name in given:
            yield from _mistakes_of_field(field.name, given[field.name], field.type, strict=strict)
        elif field.required:
            yield field.name, "Missing"
    for name in given.keys() - {field.name for field in fields}:
        yield name[:MAX_TEXT], "Unknown field"


def _mistakes_of_field(name: str, value: object, kind: Any, *, strict: bool) -> Iterator[tuple[str, str]]:
    detail = fault(value, kind, strict=strict)
    if detail is None:
        return
    found = False
    for place, item, item_kind in _items(value, kind):
        for field, detail_of_item in _mistakes(item, item_kind, strict=strict):
            found = True
            yield f"{name}[{place}].{field}", detail_of_item
    if not found:
        yield name, detail


def _items(value: object, kind: Any) -> Iterator[tuple[int, dict[str, Any], type[msgspec.Struct]]]:
    """Yield the objects of a list of Structs, each with its place; none of what is no such list."""
    inner = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    if get_origin(inner) is list and isinstance(value, list):
        for place, item in enumerate(value):
            if isinstance(item, dict):
                yield place, item, get_args(inner)[0]
