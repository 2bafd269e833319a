"""`described`: what a view takes and returns, declared once for OpenAPI and for the view."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)

from ledger_core.access.authentication import KeyRefused, MissingScope, OtherApp, Unauthenticated
from ledger_core.access.throttling import TooManyRequests
from ledger_core.api.problems import http_errors
from ledger_core.api.problems.types import MEDIA_TYPE, Problem, problem_of, type_of
from ledger_core.api.requests.types import NoQuery
from ledger_core.api.responses import JSON
from ledger_core.errors import InvalidRequest, LedgerError

View = TypeVar("View", bound=Callable[..., Any])
Errors = tuple[type[LedgerError], ...]

_OF_EVERY_VIEW: Errors = (
    Unauthenticated,
    KeyRefused,
    OtherApp,
    MissingScope,
    InvalidRequest,  # a query parameter that the endpoint does not have
    TooManyRequests,
    http_errors.AddressTooLong,
    http_errors.HeadersTooLarge,
    http_errors.NotAcceptable,
    http_errors.InternalError,
    http_errors.DatabaseUnavailable,
    http_errors.ServiceUnavailable,
)


def _response_header(name: str, description: str, *statuses: int, **options: Any) -> OpenApiParameter:
    response = list(statuses) or True
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, response=response, description=description, **options)


_HEADERS = [
    _response_header("X-Request-ID", "The id of the request: the client's own X-Request-ID, or a new one."),
    _response_header(
        "RateLimit-Policy", "The client's rate limit: requests and seconds, as in draft-ietf-httpapi-ratelimit-headers."
    ),
    _response_header("RateLimit", "How many requests are left, and the seconds until the limit is reset."),
]
REPLAYED = _response_header(
    "Idempotency-Replayed", "Present if an earlier request had posted the entry.", 200, enum=["true"]
)
LOCATION = _response_header("Location", "The path of the entry.", 201)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The nonce, if the body has none: in quotes as in draft-ietf-httpapi-idempotency-key-header, or bare.",
)
LINK = _response_header("Link", 'The path of the next page, if there is one, with `rel="next"`.', 200)
_OF_READING = (
    _response_header("ETag", "The version of the response, for `If-None-Match`.", 200),
    OpenApiParameter(
        "If-None-Match",
        str,
        OpenApiParameter.HEADER,
        description="The `ETag` of an earlier response. If it is still the same, the response is a 304 without a body.",
    ),
)


def described(
    responses: Mapping[int, tuple[msgspec.Struct, ...]],
    errors: Errors,
    *,
    request: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] = NoQuery,
    headers: tuple[OpenApiParameter, ...] = (),
) -> Callable[[View], View]:
    """Describe a method of a view.

    `responses` has examples of the successful responses, by status: one of each type. `errors` are the errors that the
    method can return beside those of every view. `query` is the type of the query string.
    `LedgerAPIView.initial` decodes it, and rejects every other parameter.
    """
    by_status: dict[int, Errors] = defaultdict(tuple)
    for kind in (*errors, *_OF_EVERY_VIEW):
        by_status[kind.status] += (kind,)
    describe = extend_schema(
        parameters=[*_HEADERS, *headers, *(() if request else _OF_READING), *_query_parameters(query)],
        request=request,
        responses={
            **{
                (status, JSON): OpenApiResponse(
                    _one_of([type(example) for example in examples]),
                    " / ".join(type(example).__doc__ or "" for example in examples),
                    [_example(type(example).__name__, msgspec.to_builtins(example)) for example in examples],
                )
                for status, examples in responses.items()
            },
            **({} if request else {304: OpenApiResponse(None, "The response is the one that `If-None-Match` names.")}),
            **{
                (status, MEDIA_TYPE): OpenApiResponse(Problem, links_to(kinds), [*map(error_example, kinds)])
                for status, kinds in by_status.items()
            },
        },
    )

    def decorate(view: View) -> View:
        view.query = query  # type: ignore[attr-defined]
        return describe(view)

    return decorate


def _one_of(kinds: list[Any]) -> Any:
    if len(kinds) == 1:
        return kinds[0]
    return PolymorphicProxySerializer("Or".join(kind.__name__ for kind in kinds), kinds, resource_type_field_name=None)


def links_to(kinds: Errors) -> str:
    """Return Markdown with a link to the page of each error."""
    return " / ".join(f"[{kind.title}]({type_of(kind)})" for kind in kinds)


def error_example(kind: type[LedgerError]) -> OpenApiExample:
    """Return the example of an error's problem document."""
    return _example(kind.code, msgspec.to_builtins(problem_of(kind.example())), kind.title)


def _query_parameters(query: type[msgspec.Struct]) -> Iterator[OpenApiParameter]:
    _, components = msgspec.json.schema_components([query], ref_template="{name}")
    for field, described_as in components[query.__name__]["properties"].items():
        name = field
        if field == "metadata":
            name, described_as = "metadata.{key}", {"type": "string", "description": described_as["description"]}
        if enum := described_as.pop("$ref", None):
            described_as |= {"type": "string", "enum": components[enum]["enum"]}
        yield OpenApiParameter(name, described_as, description=described_as.pop("description", ""))


def _example(name: str, document: Any, summary: str = "") -> OpenApiExample:
    return OpenApiExample(name, document, summary=summary)
