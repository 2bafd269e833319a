"""Errors as RFC 9457 problem documents: those of the ledger, of DRF, and of Django around them."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults
from rest_framework import exceptions

from ledger_core.api.documents import Problem
from ledger_core.api.json import answer
from ledger_core.errors import LedgerError
from ledger_core.metrics import REFUSALS, series
from ledger_core.middleware import request_id

MEDIA_TYPE = "application/problem+json"


class HTTPError(LedgerError):
    """A refusal that HTTP has headers for."""

    def headers(self) -> dict[str, str]:
        """Return the headers of the answer."""
        return {}


class DatabaseUnavailable(HTTPError):
    """The database does not answer. Whether the entry was posted is not known; retry with the same nonce."""

    code = "database-unavailable"
    status = 503
    title = "The ledger is not available for the moment"

    def headers(self) -> dict[str, str]:
        return {"Retry-After": "1"}


class InternalError(LedgerError):
    """This is a fault of the ledger's own, and was logged. Whether the entry was posted is not known."""

    code = "internal-error"
    status = 500
    title = "Internal server error"


class NotFound(LedgerError):
    """Nothing is at this address."""

    code = "not-found"
    status = 404
    title = "Not found"


class BadRequest(LedgerError):
    """The request cannot be read, or it is for a Host that is not served here."""

    code = "bad-request"
    status = 400
    title = "Bad request"


class AddressTooLong(LedgerError):
    """The request's first line, with the address and its query, has 4094 bytes at most."""

    code = "address-too-long"
    status = 414
    title = "The address is too long"


class HeadersTooLarge(LedgerError):
    """A header has 8190 bytes at most, and a request 50 of them."""

    code = "headers-too-large"
    status = 431
    title = "The headers are too large"


def problem(error: LedgerError | exceptions.APIException) -> Problem:
    """Return the problem document that tells the error, for the request that is under way."""
    code = _code_of(error)
    if isinstance(error, LedgerError):
        status, title = error.status, error.title
    else:
        status, title = error.status_code, HTTPStatus(error.status_code).phrase
    return Problem(
        type=f"/api/problems/{code}",
        title=title,
        status=status,
        detail=str(error.detail),
        code=code,
        request_id=request_id(),
        **getattr(error, "data", {}),
    )


def _code_of(error: LedgerError | exceptions.APIException) -> str:
    return error.code if isinstance(error, LedgerError) else error.default_code.replace("_", "-")


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler: answer with a problem document. What is no refusal is left to `server_error`."""
    match error:
        case OperationalError() | InterfaceError():
            error = DatabaseUnavailable.by_docstring()
        case Http404():
            error = NotFound.by_docstring()
        case PermissionDenied():
            error = exceptions.PermissionDenied()
    if not isinstance(error, LedgerError | exceptions.APIException):
        return None
    if operations := getattr(context["view"], "operations", None):
        series(REFUSALS, operations.app, _code_of(error)).inc()
    response = respond(error)
    if isinstance(error, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


# Django's handlers of what no view of the API has answered. People on the other pages get Django's own.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _for_api(request, BadRequest) or defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _for_api(request, NotFound) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    return _for_api(request, InternalError) or defaults.server_error(request)


def _for_api(request: HttpRequest, kind: type[LedgerError]) -> HttpResponse | None:
    return respond(kind.by_docstring()) if request.path.startswith("/api/") else None


def respond(error: LedgerError | exceptions.APIException) -> HttpResponse:
    """Return the answer that tells the error."""
    document = problem(error)
    headers = error.headers() if isinstance(error, HTTPError) else None
    return answer(document, status=document.status, headers=headers, media_type=MEDIA_TYPE)
