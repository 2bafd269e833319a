"""Extensions of drf-spectacular: msgspec's structs, and the API key. Importing the module registers them there."""

from typing import Any

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction
from msgspec import inspect

from ledger_core.access.authentication import KeyAuthentication
from ledger_core.api.requests.types import HoldRequest, ItemRequest, PostRequest
from ledger_core.operations import Operation, OperationSet
from ledger_core.operations.drafts import FIELDS_OF_KINDS


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
        for request in {ItemRequest.__name__, PostRequest.__name__} & components.keys():
            _require_rules(components[request], _operations(auto_schema))
        if HoldRequest.__name__ in components:
            held = [operation.code for operation in _operations(auto_schema) if operation.kind.can_be_held]
            components[HoldRequest.__name__]["properties"]["operation"]["enum"] = held
        schema: dict[str, Any] = components.pop(self.target.__name__)
        classes = {kind.__name__: kind for kind in classes_in(inspect.type_info(self.target))}
        for name, nested in components.items():
            component = ResolvedComponent(prefix + name, ResolvedComponent.SCHEMA, nested, classes[name])
            auto_schema.registry.register_on_missing(component)
        return schema

    def _prefix(self, auto_schema: AutoSchema, direction: Direction) -> str:
        # Requests differ between apps in their operations. Responses do not differ.
        return _operations(auto_schema).app.capitalize() if direction == "request" else ""


def classes_in(kind: inspect.Type, found: set[type] | None = None) -> set[type]:
    """Return the structs and enums that a type consists of, each of which is a component of the schema.

    `found` are those found so far: a struct can contain itself.
    """
    found = set() if found is None else found
    match kind:
        case inspect.Metadata():
            classes_in(kind.type, found)
        case inspect.ListType():
            classes_in(kind.item_type, found)
        case inspect.DictType():
            classes_in(kind.value_type, found)
        case inspect.UnionType():
            for member in kind.types:
                classes_in(member, found)
        case inspect.EnumType():
            found.add(kind.cls)
        case inspect.StructType() if kind.cls not in found:
            found.add(kind.cls)
            for field in kind.fields:
                classes_in(field.type, found)
    return found


def _operations(auto_schema: Any) -> OperationSet[Any]:
    operations: OperationSet[Any] = auto_schema.view.operations
    return operations


def _require_rules(request: dict[str, Any], operations: OperationSet[Any]) -> None:
    """Add to the schema of an item what each operation of the app requires."""
    request["properties"]["operation"]["enum"] = [operation.code for operation in operations]
    request["allOf"] = [
        {
            "if": {"properties": {"operation": {"const": operation.code}}, "required": ["operation"]},
            "then": _rules(operation),
        }
        for operation in operations
    ]


def _rules(operation: Operation) -> dict[str, Any]:
    needed = operation.kind.fields
    given = {field: {"not": {"type": "null"}} if field in needed else {"type": "null"} for field in FIELDS_OF_KINDS}
    lasts = {"maximum": operation.lot[0]} if operation.lot else {"type": "null"}
    rules = {"properties": {"amount": {"maximum": operation.max_amount}, "expires_in": lasts, **given}}
    return rules | {"required": [*needed]} if needed else rules
