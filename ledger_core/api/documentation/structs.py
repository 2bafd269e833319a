"""Extensions of drf-spectacular: msgspec's structs, and the API key. Importing the module registers them there."""

from collections.abc import Iterator
from typing import Any

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction
from msgspec import inspect

from ledger_core.access.authentication import KeyAuthentication
from ledger_core.api.requests.types import PostRequest
from ledger_core.operations import Operation, OperationSet


class KeyScheme(OpenApiAuthenticationExtension):
    """Describes the API key, for the *Authorize* button of the Swagger page."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API key."}


class StructExtension(OpenApiSerializerExtension):
    """Describes a struct by msgspec's own JSON Schema, by which requests are also decoded."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        return f"{self._prefix(auto_schema, direction)}{self.target.__name__}"

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        prefix = self._prefix(auto_schema, direction)
        template = f"#/components/schemas/{prefix}{{name}}"
        _, components = msgspec.json.schema_components([self.target], ref_template=template)
        if PostRequest.__name__ in components:
            _require_rules(components[PostRequest.__name__], _operations(auto_schema))
        schema: dict[str, Any] = components.pop(self.target.__name__)
        classes = {kind.__name__: kind for kind in classes_in(inspect.type_info(self.target))}
        for name, nested in components.items():
            component = ResolvedComponent(prefix + name, ResolvedComponent.SCHEMA, nested, classes[name])
            auto_schema.registry.register_on_missing(component)
        return schema

    def _prefix(self, auto_schema: AutoSchema, direction: Direction) -> str:
        # Requests differ between apps in their operations. Responses do not differ.
        return _operations(auto_schema).app.capitalize() if direction == "request" else ""


def classes_in(kind: inspect.Type) -> Iterator[type]:
    """Yield the structs and enums that a type consists of, each of which is a component of the schema."""
    match kind:
        case inspect.Metadata():
            yield from classes_in(kind.type)
        case inspect.ListType():
            yield from classes_in(kind.item_type)
        case inspect.UnionType():
            for member in kind.types:
                yield from classes_in(member)
        case inspect.EnumType():
            yield kind.cls
        case inspect.StructType():
            yield kind.cls
            for field in kind.fields:
                yield from classes_in(field.type)


def _operations(auto_schema: Any) -> OperationSet[Any]:
    operations: OperationSet[Any] = auto_schema.view.operations
    return operations


def _require_rules(request: dict[str, Any], operations: OperationSet[Any]) -> None:
    """Add to the schema of PostRequest what each operation of the app requires."""
    request["properties"]["operation"]["enum"] = [operation.code for operation in operations]
    request["allOf"] = [
        {
            "if": {"properties": {"operation": {"const": operation.code}}, "required": ["operation"]},
            "then": _rules(operation),
        }
        for operation in operations
    ]


def _rules(operation: Operation) -> dict[str, Any]:
    amount = {"maximum": operation.max_amount}
    if operation.reversed_operation:
        return {"properties": {"amount": amount, "reverses": {"type": "integer"}}, "required": ["reverses"]}
    return {"properties": {"amount": amount, "reverses": {"type": "null"}}}
