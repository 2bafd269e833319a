"""JSON for DRF by msgspec, several times as fast as DRF's own: a body is decoded straight into a typed request."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO, Any, TypeVar

import msgspec
from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from ledger_core.errors import InvalidRequest, LedgerError
from ledger_core.values import MAX_TEXT, fault

T = TypeVar("T", bound=msgspec.Struct)

_MAX_ERRORS = 20  # a body of 64 KiB has room for thousands of mistakes


class BodyTooLarge(LedgerError):
    """The body is larger than any request of this API."""

    code = "body-too-large"
    status = 413
    title = "The body is too large"


class JSONParser(BaseParser):
    """Lets JSON through as bytes, once its size is known to be within limits: `decode` knows the type."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            # The stream is Django's request, whose `body` has a limit, as its `read()` has not.
            return stream.body  # type: ignore[attr-defined]
        except RequestDataTooBig:
            raise BodyTooLarge("A body has 64 KiB at most.") from None


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else encode(data)


def encode(document: object) -> bytes:
    """Return the document as JSON, with a line break for people: curl's next prompt is on a line of its own."""
    return msgspec.json.encode(document) + b"\n"


def decode(body: Any, kind: type[T]) -> T:
    """Return the request that `body`, DRF's `request.data`, holds. Raises InvalidRequest with every mistake in it."""
    if not body:
        raise InvalidRequest("The body is empty: send a JSON object, and its Content-Length.")
    try:
        document = msgspec.json.decode(body, type=kind)
        # msgspec takes the last of two fields of one name, and other readers the first: which amount was meant?
        json.loads(body, object_pairs_hook=_require_unique)
        return document
    except msgspec.ValidationError as error:
        _raise_mistakes(body, kind)
        raise InvalidRequest(f"{error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"The body is not JSON that can be read: {error}.") from None


def _require_unique(pairs: list[tuple[str, object]]) -> None:
    names = [name for name, _ in pairs]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        errors = [{"field": name, "detail": "More than once"} for name in twice]
        raise InvalidRequest(f"More than once: {', '.join(twice)}.", errors=errors)


def _raise_mistakes(body: bytes, kind: type[msgspec.Struct]) -> None:
    """Raise InvalidRequest with each field at fault; msgspec, which found that there is one, stops at the first."""
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequest(f"The body is not JSON that can be read: {error}.") from None
    if isinstance(given, dict):
        errors = [{"field": field, "detail": detail} for field, detail in islice(_mistakes(given, kind), _MAX_ERRORS)]
        raise InvalidRequest("; ".join(f"{e['field']}: {e['detail']}" for e in errors) + ".", errors=errors)


def _mistakes(given: dict[str, Any], kind: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    fields = msgspec.structs.fields(kind)
    for field in fields:
        if field.name in given:
            if detail := fault(given[field.name], field.type):
                yield field.name, detail
        elif field.required:
            yield field.name, "Missing"
    for name in given.keys() - {field.name for field in fields}:
        yield name[:MAX_TEXT], "Unknown field"
