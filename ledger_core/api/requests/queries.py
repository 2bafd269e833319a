"""From a query string to a typed request. The parser is strict, and its messages fit query strings."""

import re
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any, TypeVar, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from django.http import HttpRequest
from msgspec import inspect

from ledger_core.api.requests.mistakes import Mistake, raise_mistakes
from ledger_core.errors import InvalidRequest
from ledger_core.values import Moment, mistake_in

T = TypeVar("T", bound=msgspec.Struct)

_WHOLE = re.compile("0|[1-9][0-9]{0,18}")  # at most as many digits as a bigint, and one spelling for each number


def decode_query(request: HttpRequest, kind: type[T]) -> T:
    """Return the query string of the request, decoded. Raises InvalidRequest with every mistake in it."""
    text = request.META.get("QUERY_STRING")
    if not text:
        return kind()
    pairs = _pairs(text)
    values: dict[str, Any] = {}
    raise_mistakes(_read(pairs, kind, values))
    return kind(**values)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        # WSGI represents each byte of the address as a character of Latin-1.
        return parse_qsl(text.encode("latin-1").decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise InvalidRequest("The query string is not percent-encoded UTF-8.") from None


def _read(pairs: list[tuple[str, str]], kind: type[msgspec.Struct], values: dict[str, Any]) -> Iterator[Mistake]:
    """Put the valid parameters into `values`, and yield the mistakes in the others."""
    names = [name for name, _ in pairs]
    readers = _types(kind)
    for name, text in dict(pairs).items():
        field, dot, key = name.partition(".")  # metadata.order=1001
        reader = readers.get(field)
        if reader is None or isinstance(reader, inspect.DictType) != bool(dot and key):
            yield name, "Unknown parameter"
        elif names.count(name) > 1:
            yield name, "More than once"
        elif dot:
            values.setdefault(field, {})[key] = text
        else:
            try:
                values[name] = _value(text, reader)
            except ValueError as error:
                yield name, str(error)
    hints = _hints(kind)
    for field, value in values.items():
        if isinstance(value, str | dict) and (detail := mistake_in(value, hints[field])):
            yield field, detail


_hints = lru_cache(partial(get_type_hints, include_extras=True))


@lru_cache
def _types(kind: type[msgspec.Struct]) -> dict[str, inspect.Type]:
    """Return the type of each parameter, without the `| None` of parameters that can be left out."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)  # noqa: S101
    return {field.name: _given(field.type) for field in described.fields}


def _given(kind: inspect.Type) -> inspect.Type:
    match kind:
        case inspect.Metadata():
            return _given(kind.type)
        case inspect.UnionType():
            return next(_given(member) for member in kind.types if not isinstance(member, inspect.NoneType))
    return kind


def _value(text: str, kind: inspect.Type) -> object:
    """Return the value of a parameter. Raises ValueError with a message that says what was expected."""
    if not text:
        raise ValueError("Expected a value")
    match kind:
        case inspect.IntType(ge=int(least), le=int(most)):
            if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
                raise ValueError(f"Expected a whole number from {least} to {most}, in plain digits")
            return int(text)
        case inspect.DateTimeType():
            if mistake_in(text, Moment):
                raise ValueError(_not_a_moment(text))
            return msgspec.convert(text, Moment)
        case inspect.StrType():
            return text
        case inspect.EnumType(cls=choices):
            if text not in [choice.value for choice in choices]:
                raise ValueError(f"Expected one of {', '.join(choices)}")
            return choices(text)
    raise TypeError(f"A query has no parameters of {kind}.")


def _not_a_moment(text: str) -> str:
    date_and_time, space, offset = text.rpartition(" ")
    if space and mistake_in(f"{date_and_time}+{offset}", Moment) is None:
        return "Write the + of the offset as %2B: in a query, a + means a space"
    return "Expected a time with an offset, such as 2026-11-24T09:30:00Z"
