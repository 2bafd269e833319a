"""`described`: what a view takes and returns, declared once for OpenAPI and for the view."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

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


def described(
    responses: Mapping[int, msgspec.Struct],
    errors: Errors,
    *,
    request: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] = NoQuery,
    headers: tuple[OpenApiParameter, ...] = (),
) -> Callable[[View], View]:
    """Describe a method of a view.

    `responses` has an example of each successful response, by status. `errors` are the errors that the method can
    return beside those of every view. `query` is also the type that `LedgerAPIView.initial` decodes the query string
    with; it rejects every other parameter.
    """
    by_status: dict[int, Errors] = defaultdict(tuple)
    for kind in (*errors, *_OF_EVERY_VIEW):
        by_status[kind.status] += (kind,)
    describe = extend_schema(
        parameters=[*_HEADERS, *headers, *_query_parameters(query)],
        request=request,
        responses={
            **{
                (status, JSON): OpenApiResponse(
                    type(example), type(example).__doc__ or "", [_example("response", msgspec.to_builtins(example))]
                )
                for status, example in responses.items()
            },
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


def links_to(kinds: Errors) -> str:
    """Return Markdown with a link to the page of each error."""
    return " / ".join(f"[{kind.title}]({type_of(kind)})" for kind in kinds)


def error_example(kind: type[LedgerError]) -> OpenApiExample:
    """Return the example of an error's problem document."""
    return _example(kind.code, msgspec.to_builtins(problem_of(kind.example())), kind.title)


def _query_parameters(query: type[msgspec.Struct]) -> Iterator[OpenApiParameter]:
    (schema,) = msgspec.json.schema_components([query])[1].values()
    for name, described_as in schema["properties"].items():
        yield OpenApiParameter(name, described_as, description=described_as.pop("description", ""))


def _example(name: str, document: Any, summary: str = "") -> OpenApiExample:
    return OpenApiExample(name, document, summary=summary)
