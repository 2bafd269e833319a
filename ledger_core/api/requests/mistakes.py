"""Finds every mistake in a rejected body, with the field and its place. msgspec reports only the first."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, get_args, get_origin

import msgspec

from ledger_core.errors import InvalidRequest
from ledger_core.values import excerpt, mistake_in

Mistake = tuple[str, str]  # the field, and what is wrong with it

_MAX_ERRORS = 20  # a body can have thousands of mistakes
_MAX_DEPTH = 5  # a batch has three levels: the body, its list, and an item
_MOST_DIGITS = 20  # a longer number is outside every range, and Python is slow to read it
_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]|[^"\[\]{}]+', re.DOTALL)


def raise_mistakes(mistakes: Iterable[Mistake]) -> None:
    """Raise InvalidRequest with the first 20 mistakes, if there are any."""
    found = islice(mistakes, _MAX_ERRORS)
    errors = [{"field": excerpt(field), "detail": detail} for field, detail in found]
    if errors:
        raise InvalidRequest("; ".join(f"{e['field']}: {e['detail']}" for e in errors) + ".", errors=errors)


class Reading:
    """A body as Python's json module reads it. It accepts more than msgspec, so it finds the mistakes after the first.

    Raises ValueError for a body that it cannot read either.
    """

    def __init__(self, body: bytes) -> None:
        self.repeats = False  # whether any field is repeated
        text = body.decode(errors="surrogateescape")  # a byte that is not UTF-8 becomes a lone surrogate
        try:
            self._read(text)
        except RecursionError:
            self._read(_shallow(text))

    def mistakes(self, kind: type[msgspec.Struct]) -> Iterator[Mistake]:
        """Yield the mistakes in the fields of the body, if it is an object."""
        if isinstance(self.tree, _Object):
            yield from _mistakes(self.tree, kind, "")

    def _read(self, text: str) -> None:
        self.tree = json.loads(text, object_pairs_hook=self._object, parse_constant=_NotJSON, parse_int=_integer)

    def _object(self, pairs: list[tuple[str, Any]]) -> "_Object":
        made = _Object(pairs)
        if len(made) < len(pairs):
            made.repeated = {name for name, times in Counter(name for name, _ in pairs).items() if times > 1}
            self.repeats = True
        return made


class _Object(dict[str, Any]):
    repeated: Set[str] = frozenset()


class _NotJSON(str):
    """NaN, Infinity or -Infinity."""


def _integer(digits: str) -> int:
    return int(digits[:_MOST_DIGITS])


def _shallow(text: str) -> str:
    """Return the text without the parts that are nested too deeply for any request, and for Python's json module."""
    kept, depth = [], 0
    for piece in _PIECES.findall(text):
        if piece in ("]", "}"):
            depth -= 1
        if depth <= _MAX_DEPTH:
            kept.append(piece)
        if piece in ("[", "{"):
            depth += 1
    return "".join(kept)


_fields = lru_cache(msgspec.structs.fields)


def _mistakes(given: _Object, kind: type[msgspec.Struct], place: str) -> Iterator[Mistake]:
    fields = _fields(kind)
    for field in fields:
        if field.name in given.repeated:
            yield f"{place}{field.name}", "More than once"
        elif field.name in given:
            yield from _mistakes_of_value(given[field.name], field.type, f"{place}{field.name}")
        elif field.required:
            yield f"{place}{field.name}", "Missing"
    known = {field.name for field in fields}
    for name in given:
        if name not in known:
            yield f"{place}{name}", "Unknown field"


def _mistakes_of_value(value: Any, kind: Any, place: str) -> Iterator[Mistake]:
    inner, *limits = get_args(kind) if hasattr(kind, "__metadata__") else (kind,)
    if isinstance(value, list) and get_origin(inner) is list:
        if detail := mistake_in(value, Annotated[list[Any], msgspec.Meta(), *limits]):
            yield place, detail
        for number, item in enumerate(value):
            yield from _mistakes_of_value(item, get_args(inner)[0], f"{place}[{number}]")
    elif isinstance(value, _Object) and isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        yield from _mistakes(value, inner, f"{place}.")
    else:
        if isinstance(value, _Object):  # such as metadata, which can have any keys
            for name, text in value.items():
                if detail := "More than once" if name in value.repeated else _fault(text, Any):
                    yield f"{place}.{name}", detail
        if detail := _fault(value, kind):
            yield place, detail


def _fault(value: Any, kind: Any) -> str | None:
    if isinstance(value, _NotJSON):
        return f"{value} is not JSON"
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return "Expected UTF-8 text, without lone surrogates"
    return mistake_in(value, kind)
