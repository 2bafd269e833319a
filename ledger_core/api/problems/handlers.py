"""From exceptions to problem documents: the handlers of Django REST framework and of Django."""

import sys
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework.exceptions import APIException

from ledger_core.api.problems.http_errors import (
    BadRequest,
    DatabaseUnavailable,
    Forbidden,
    InternalError,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    UnsupportedMediaType,
)
from ledger_core.api.problems.types import problem_response
from ledger_core.errors import AccountLocked, LedgerError
from ledger_core.observability.metrics import REFUSALS
from ledger_core.observability.request_log import request_id
from ledger_core.postgresql import outages
from ledger_core.speed.series import series
from ledger_core.values import excerpt

# The errors that Django REST framework raises itself, and that an app's view may raise.
_BY_STATUS: Mapping[int, type[LedgerError]] = {
    kind.status: kind
    for kind in (BadRequest, Forbidden, NotFound, MethodNotAllowed, NotAcceptable, UnsupportedMediaType)
}


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Return the problem document of an exception of a view: the exception handler of Django REST framework.

    Returns None for an unexpected exception, which Django then passes to `server_error`.
    """
    error = _unavailable(error) or error
    match error:
        case Http404():
            error = NotFound.by_docstring()
        case PermissionDenied():
            error = Forbidden.by_docstring()
        case APIException() if kind := _BY_STATUS.get(error.status_code):
            error = kind(excerpt(str(error.detail)))
    if not isinstance(error, LedgerError):
        return None
    if operations := getattr(context["view"], "operations", None):
        series(REFUSALS, operations.app, error.code).inc()
    response = problem_response(error)
    if isinstance(error, MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


# Django's handlers, for requests that reach no view of the API. Other pages get Django's own error pages.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _for_api(request, BadRequest) or defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _for_api(request, NotFound) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    if error := _unavailable(sys.exception()):  # Django calls this while it handles the exception
        response = problem_response(error) if request.path.startswith("/api/") else _page(error)
        response._has_been_logged = True  # type: ignore[attr-defined]  # Django's mark: the cause has its line
        return response
    return _for_api(request, InternalError) or defaults.server_error(request)


def _unavailable(error: BaseException | None) -> LedgerError | None:
    """Return the 503 that an exception means, and log its cause; None for every other exception."""
    outage = outages.outage_of(error)
    if outage is None:
        return None
    outages.log(outage)
    return error if isinstance(error, AccountLocked) else DatabaseUnavailable.by_docstring()


def _page(error: LedgerError) -> HttpResponse:
    """Return the page about the error, for people. It makes no query, not even for the user's session."""
    locked = isinstance(error, AccountLocked)
    page = render_to_string("ledger_core/unavailable.html", {"locked": locked, "request_id": request_id()})
    return HttpResponse(page, status=error.status, headers={"Retry-After": str(error.retry_after)})


def _for_api(request: HttpRequest, kind: type[LedgerError]) -> HttpResponse | None:
    return problem_response(kind.by_docstring()) if request.path.startswith("/api/") else None
