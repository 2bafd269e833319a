"""The OpenAPI documents: drf-spectacular, taught msgspec's types, an app's operations, and the problems."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from ledger_core.access.authentication import KeyAuthentication, KeyRefused, MissingScope, OtherApp, Unauthenticated
from ledger_core.access.throttling import TooManyRequests
from ledger_core.api.documents import NoQuery, PostRequest, Problem
from ledger_core.api.problems import (
    MEDIA_TYPE,
    AddressTooLong,
    DatabaseUnavailable,
    HeadersTooLarge,
    InternalError,
    NotAcceptable,
    ServiceUnavailable,
    problem,
)
from ledger_core.errors import InvalidRequest, LedgerError
from ledger_core.operations import Operation, OperationSet, Scope, SharedOperation
from ledger_core.values import EntryId, OwnerId

View = TypeVar("View", bound=Callable[..., Any])
Errors = tuple[type[LedgerError], ...]

_OF_EVERY_VIEW: Errors = (
    Unauthenticated,
    KeyRefused,
    OtherApp,
    MissingScope,
    InvalidRequest,  # a query parameter that the address does not have
    TooManyRequests,
    AddressTooLong,
    HeadersTooLarge,
    NotAcceptable,
    InternalError,
    DatabaseUnavailable,  # where the key is not known yet
    ServiceUnavailable,
)
_REQUEST_ID = OpenApiParameter(
    "X-Request-ID",
    str,
    OpenApiParameter.HEADER,
    response=True,
    description="The request's id: the caller's X-Request-ID, or one made here.",
)
_RATE_LIMIT = [
    OpenApiParameter(name, str, OpenApiParameter.HEADER, response=True, description=description)
    for name, description in (
        ("RateLimit-Policy", "The client's rate limit: requests and seconds, as draft-ietf-httpapi-ratelimit-headers."),
        ("RateLimit", "What is left of it, and the seconds until it is renewed."),
    )
]
_IN_PATH = {"owner_id": OwnerId, "entry_id": EntryId}
REPLAYED = OpenApiParameter(
    "Idempotency-Replayed",
    str,
    OpenApiParameter.HEADER,
    response=[200],
    enum=["true"],
    description="An earlier request had posted the entry.",
)


def described(
    answers: Mapping[int, msgspec.Struct],
    errors: Errors,
    *,
    request: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] = NoQuery,
    headers: tuple[OpenApiParameter, ...] = (),
) -> Callable[[View], View]:
    """Describe a view: what it takes, an example of each answer, and its errors beside those that every view has.

    `query` is also what the view reads: `LedgerAPIView.initial` rejects every parameter that is not a field of it.
    """
    by_status: dict[int, list[OpenApiExample]] = defaultdict(list)
    for error in (*errors, *_OF_EVERY_VIEW):
        document = problem(error.example())
        by_status[document.status].append(_example(document.code, document, document.title))
    describe = extend_schema(
        parameters=[_REQUEST_ID, *_RATE_LIMIT, *headers, *_query_parameters(query)],
        request=request,
        responses={
            **{
                (status, "application/json"): OpenApiResponse(
                    type(answer), type(answer).__doc__ or "", [_example("answer", answer)]
                )
                for status, answer in answers.items()
            },
            **{
                (status, MEDIA_TYPE): OpenApiResponse(Problem, " / ".join(map(_linked, examples)), examples)
                for status, examples in by_status.items()
            },
        },
    )

    def decorate(view: View) -> View:
        view.query = query  # type: ignore[attr-defined]
        return describe(view)

    return decorate


def _query_parameters(query: type[msgspec.Struct]) -> Iterator[OpenApiParameter]:
    (schema,) = msgspec.json.schema_components([query])[1].values()
    for name, described_as in schema["properties"].items():
        yield OpenApiParameter(name, described_as, description=described_as.pop("description", ""))


def _linked(example: OpenApiExample) -> str:
    # Swagger's page shows Markdown: each problem leads to its own page.
    return f"[{example.summary}]({example.value['type']})"


def _example(name: str, document: msgspec.Struct, summary: str = "") -> OpenApiExample:
    return OpenApiExample(name, msgspec.to_builtins(document), summary=summary)


class LedgerSchema(AutoSchema):
    """Describes the views of an app's ledger: grouped by app, named by its views, with the app's operations."""

    view: Any

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        described = super().get_operation(*args, **kwargs)
        for parameter in described.get("parameters", ()) if described else ():
            name = parameter["name"]
            if name in _IN_PATH:
                parameter["schema"] = msgspec.json.schema(_IN_PATH[name])
                parameter["description"] = parameter["schema"].pop("description")
                parameter["example"] = parameter["schema"]["examples"][0]  # what Swagger's page fills in
            if name == "operation":
                parameter["schema"]["enum"] = [operation.code for operation in self.view.operations]
        return described

    def get_tags(self) -> list[str]:
        return [self.view.operations.app]

    def get_operation_id(self) -> str:
        name = type(self.view).__name__.removesuffix("View").lower()
        return f"{self.view.operations.app}_{name}" + ("_owner" if self._of_owner_batch else "")

    @property
    def _of_owner_batch(self) -> bool:
        return self.view.batch and self.method == "GET"

    # A view's docstring, as one writes them: a summary, and after a blank line the description.
    def get_summary(self) -> str:
        return self._docstring()[0]

    def get_description(self) -> str:  # type: ignore[override]
        if self._of_owner_batch:
            return (
                "Of the owner called batch, at the address that batches are posted to: 404, where nobody is called so."
            )
        return self._docstring()[1]

    def _docstring(self) -> list[str]:
        return [part.strip() for part in super().get_description().partition("\n")[::2]]

    def get_examples(self) -> list[OpenApiExample]:
        app, operations = self.view.operations.app, _one_after_the_other(self.view.operations)
        if self.view.batch:
            pair = (SharedOperation.CREDIT_ADD, SharedOperation.CREDIT_SPEND)
            entries = [_body(operation, f"{app}-batch-{number}") for number, operation in enumerate(pair, 1)]
            return [OpenApiExample("two", {"entries": entries}, summary="Two operations", request_only=True)]
        return [
            OpenApiExample(
                operation.code,
                _body(operation, f"{app}-{operation.code.lower()}-1") | terms,
                summary=f"{operation.code}: {operation.terms.description}",
                description=description,
                request_only=True,
            )
            for operation in operations
            for terms, description in [_as_it_stands(operation, operations)]
        ]


def _one_after_the_other(operations: OperationSet[Any]) -> list[Operation]:
    """Return the operations in an order in which each can be had: what gives credits first, and most of all.

    Without the retired ones, and their reversals: on a new ledger nobody can have these.
    """
    on_sale = (
        o for o in operations if not (o.terms.retired or (o.reversed_operation and o.reversed_operation.terms.retired))
    )
    return sorted(on_sale, key=lambda operation: -(operation.value or 0) if operation.scope is Scope.MINT else 0)


def _as_it_stands(operation: Operation, operations: list[Operation]) -> tuple[dict[str, Any], str]:
    """Return what an example has to ask for to be taken after those before it, and what it needs."""
    if operation.reversed_operation:
        entry_id = operations.index(operation.reversed_operation) + 1
        return {"reverses": entry_id}, (
            f"`reverses` is the id that {operation.reversed_operation.code} was answered with: {entry_id} on a new "
            "ledger that has been asked for these examples in their order, and nothing else."
        )
    if operation is SharedOperation.CREDIT_ADD and operation.value:
        cost = -sum(min(0, other.value or 0) for other in operations)
        return {"amount": cost // operation.value + 1}, "Enough for all the examples that follow."
    if (operation.value or 0) < 0:
        return {}, f"Takes credits: the example of {SharedOperation.CREDIT_ADD.code} gives them."
    return {}, ""


def _body(operation: Operation, nonce: str) -> dict[str, Any]:
    return {"operation": operation.code, "owner_id": "alice", "nonce": nonce, "amount": 1}


class KeyScheme(OpenApiAuthenticationExtension):
    """Describes the key, which gives the Swagger page its Authorize."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "The key of an API client."}


class StructExtension(OpenApiSerializerExtension):
    """Describes a msgspec.Struct by the schema that msgspec itself goes by."""

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
        kinds: list[type] = [*msgspec.Struct.__subclasses__(), Scope]
        classes = {kind.__name__: kind for kind in kinds}
        for name, nested in components.items():
            component = ResolvedComponent(prefix + name, ResolvedComponent.SCHEMA, nested, classes[name])
            auto_schema.registry.register_on_missing(component)
        return schema

    def _prefix(self, auto_schema: AutoSchema, direction: Direction) -> str:
        # What can be asked differs by app, and what is answered does not.
        return _operations(auto_schema).app.capitalize() if direction == "request" else ""


def _operations(auto_schema: Any) -> OperationSet[Any]:
    operations: OperationSet[Any] = auto_schema.view.operations
    return operations


def _require_rules(request: dict[str, Any], operations: OperationSet[Any]) -> None:
    """Add to the schema of PostRequest what each operation of the app asks for."""
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
