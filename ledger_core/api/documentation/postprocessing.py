"""What is done to a whole OpenAPI document once drf-spectacular has made it: its postprocessing hooks."""

from collections.abc import Iterator
from typing import Any

from ledger_core.api.problems.documents import MEDIA_TYPE

_EXACT_IN_JAVASCRIPT = 2**53 - 1


def share_parts(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Move what the responses repeat, headers and the examples of problems, to the components.

    They are two thirds of the document otherwise.
    """
    components = result["components"]
    headers, examples = components.setdefault("headers", {}), components.setdefault("examples", {})
    operations = [operation for item in result["paths"].values() for operation in item.values()]
    for response in (response for operation in operations for response in operation["responses"].values()):
        response["headers"] = _shared(response["headers"], headers, "headers")
        if problem := response["content"].get(MEDIA_TYPE):
            problem["examples"] = _shared(problem["examples"], examples, "examples")
    return result


def _shared(parts: dict[str, Any], components: dict[str, Any], kind: str) -> dict[str, Any]:
    """Put the parts into the components, and return references to them."""
    components |= parts
    return {name: {"$ref": f"#/components/{kind}/{name}"} for name in parts}


def mark_int64(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Give each integer that can be too large for a double its format: programs that read it as one would round it."""
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
