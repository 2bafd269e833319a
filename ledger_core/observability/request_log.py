"""The id of each request, its line in the log, and its duration in the metrics."""

import logging
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path

from ledger_core.access.key_form import without_keys
from ledger_core.observability.metrics import HTTP_SECONDS
from ledger_core.speed.series import series
from ledger_core.values import excerpt

HEADER = "X-Request-ID"
# A caller's id is used only if it cannot forge a line of the log.
_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MAX_PATH = 2000  # the longest owner, percent-encoded, needs three quarters of it

_current: ContextVar[str] = ContextVar("request_id", default="-")
_log = logging.getLogger("ledger.request")


def request_id() -> str:
    """Return the id of the current request, or "-" outside a request."""
    return _current.get()


@contextmanager
def identified(given: str = "") -> Iterator[str]:
    """Set the request id for the block: the given id, or a new one if it is not valid."""
    # Ids have to be unique, not secret, so a fast generator is good enough.
    identity = given if _ID.fullmatch(given) else f"{random.getrandbits(128):032x}"
    token = _current.set(identity)
    try:
        yield identity
    finally:
        _current.reset(token)


class RequestIdFilter(logging.Filter):
    """Adds the id of the request to each log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id()
        return True


def observe_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: set the id of the request and return it to the client, log the request, and measure it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        start = perf_counter()
        with identified(request.META.get("HTTP_X_REQUEST_ID", "")) as identity:
            response = get_response(request)
            response[HEADER] = identity
            _record(request, response, perf_counter() - start)
        return response

    return middleware


def _record(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    # The route of the URL configuration: with the path, each owner would get a series of its own.
    route = request.resolver_match.route if request.resolver_match else "unmatched"
    method = excerpt(request.method or "")
    series(HTTP_SECONDS, method if method in METHODS else "other", route, str(response.status_code)).observe(seconds)
    # Percent-encoded, because a line break would begin a new line of the log. And keys do not belong in logs.
    path = excerpt(without_keys(escape_uri_path(request.path)), _MAX_PATH)
    milliseconds = round(seconds * 1000, 2)
    _log.info(
        "%s %s %s %sms",
        method,
        path,
        response.status_code,
        milliseconds,
        extra={
            "method": method,
            "path": path,
            "route": route,
            "status": response.status_code,
            "milliseconds": milliseconds,
        },
    )
