"""Postprocessing hooks of drf-spectacular: changes to the complete OpenAPI document."""

from collections.abc import Iterator
from typing import Any

from ledger_core.api.problems.types import MEDIA_TYPE

_EXACT_IN_JAVASCRIPT = 2**53 - 1


def share_parts(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Move the headers and the examples of problems, which the responses repeat, to the components.

    This makes the document a third of the size.
    """
    components = result["components"]
    headers, examples = components.setdefault("headers", {}), components.setdefault("examples", {})
    operations = [operation for item in result["paths"].values() for operation in item.values()]
    for response in (response for operation in operations for response in operation["responses"].values()):
        response["headers"] = _shared(response["headers"], headers, "headers")
        if problem := response.get("content", {}).get(MEDIA_TYPE):
            problem["examples"] = _shared(problem["examples"], examples, "examples")
    return result


def _shared(parts: dict[str, Any], components: dict[str, Any], kind: str) -> dict[str, Any]:
    """Add the parts to the components, and return references to them."""
    components |= parts
    return {name: {"$ref": f"#/components/{kind}/{name}"} for name in parts}


def mark_int64(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Add the format int64 to each integer that can be too large for a double, which would round it."""
    for schema in _integers(result):
        if schema.get("maximum", _EXACT_IN_JAVASCRIPT + 1) > _EXACT_IN_JAVASCRIPT:
            schema["format"] = "int64"
    return result


def _integers(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if part.get("type") == "integer":
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _integers(inner)
