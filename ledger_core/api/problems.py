"""Errors as RFC 9457 problem documents: those of the ledger, of DRF, and of Django around them."""

import sys
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework.exceptions import APIException

from ledger_core.api.documents import Problem
from ledger_core.api.json import UnsupportedMediaType, answer
from ledger_core.errors import AccountLocked, LedgerError
from ledger_core.observability.metrics import REFUSALS, series
from ledger_core.observability.request_log import request_id
from ledger_core.postgresql import outages
from ledger_core.values import excerpt

MEDIA_TYPE = "application/problem+json"


_RETRY = "Send the same again with the same nonce: it is posted once, whatever became of the first attempt."


class DatabaseUnavailable(LedgerError):
    """The database does not answer. Whether the entry was posted is not known; retry with the same nonce."""

    code = "database-unavailable"
    status = 503
    title = "The ledger is not available for the moment"
    remedy = _RETRY
    retry_after = 1


class ServiceUnavailable(LedgerError):
    """No replica answers. Whether the entry was posted is not known; retry with the same nonce."""

    code = "service-unavailable"  # nginx's to tell (nginx/problems.conf), since nobody else is there
    status = 503
    title = "No replica answers"
    remedy = _RETRY


class InternalError(LedgerError):
    """This is a fault of the ledger's own, and was logged. Whether the entry was posted is not known."""

    code = "internal-error"
    status = 500
    title = "Internal server error"
    remedy = f"{_RETRY} If it stays, tell whoever runs the ledger the `request_id`: the log has the rest under it."


class NotFound(LedgerError):
    """Nothing is at this address."""

    code = "not-found"
    status = 404
    title = "Not found"
    remedy = "Compare the address with those of the API's pages, `/api/docs`. None of them ends in a slash."


class BadRequest(LedgerError):
    """The request cannot be read, or it is for a Host that is not served here."""

    code = "bad-request"
    status = 400
    title = "Bad request"
    remedy = "Look at how the request is written, and at its address. A host is served that `ALLOWED_HOSTS` names."


class AddressTooLong(LedgerError):
    """The request's first line, with the address and its query, has 8190 bytes at most."""

    code = "address-too-long"
    status = 414
    title = "The address is too long"
    remedy = "Shorten the query: nothing that the API takes is so long."


class HeadersTooLarge(LedgerError):
    """A header has 8190 bytes at most, and a request 50 headers of 32 KiB together."""

    code = "headers-too-large"
    status = 431
    title = "The headers are too large"
    remedy = "Send fewer and shorter ones: the API needs `Authorization` and `Content-Type` alone."


class MethodNotAllowed(LedgerError):
    """The address does not take this method."""

    code = "method-not-allowed"
    status = 405
    title = "Method Not Allowed"
    remedy = (
        "Compare the method and the address with those of the API's pages, `/api/docs`. The header `Allow` names the "
        "methods that the address takes."
    )


class UnsupportedTransferCoding(LedgerError):
    """The body has a Transfer-Encoding other than chunked."""

    code = "unsupported-transfer-coding"
    status = 501
    title = "The transfer coding is not supported"
    remedy = "Send the body with a `Content-Length`, or with `Transfer-Encoding: chunked`."


class UnsupportedHTTPVersion(LedgerError):
    """The request has a version of HTTP other than 1.0 and 1.1."""

    code = "unsupported-http-version"
    status = 505
    title = "The version of HTTP is not supported"
    remedy = "Send the request with HTTP/1.1. Other versions are for the proxy in front, if it has them."


class NotAcceptable(LedgerError):
    """What the client accepts is not what this answers with."""

    code = "not-acceptable"
    status = 406
    title = "Not Acceptable"
    remedy = "Send `Accept: application/json`, or no such header."


class Forbidden(LedgerError):
    """The client may not do this."""

    code = "permission-denied"
    status = 403
    title = "Forbidden"
    remedy = "Ask whoever runs the ledger. What a key may do, its client's apps and scopes say."


# What DRF refuses by itself, or a plugin's view by DRF's exceptions.
_OF_STATUS: Mapping[int, type[LedgerError]] = {
    kind.status: kind
    for kind in (BadRequest, Forbidden, NotFound, MethodNotAllowed, NotAcceptable, UnsupportedMediaType)
}


def problem(error: LedgerError) -> Problem:
    """Return the problem document that tells the error, for the request that is under way."""
    return Problem(
        # RFC 9457, 3.1.1: a reference without a host is best a whole path, so that it means the same wherever it is
        # read; and where it leads, people find a page (`problem_pages`).
        type=f"/api/problems/{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        request_id=request_id(),
        **error.data,
    )


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler: answer with a problem document. What is no refusal is left to `server_error`."""
    error = _unavailable(error) or error
    match error:
        case Http404():
            error = NotFound.by_docstring()
        case PermissionDenied():
            error = Forbidden.by_docstring()
        case APIException() if kind := _OF_STATUS.get(error.status_code):
            error = kind(excerpt(str(error.detail)))
    if not isinstance(error, LedgerError):
        return None
    if operations := getattr(context["view"], "operations", None):
        series(REFUSALS, operations.app, error.code).inc()
    response = respond(error)
    if isinstance(error, MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


# Django's handlers of what no view of the API has answered. People on the other pages get Django's own.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _for_api(request, BadRequest) or defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _for_api(request, NotFound) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    if error := _unavailable(sys.exception()):  # Django calls this while it handles the exception
        response = respond(error) if request.path.startswith("/api/") else _page(error)
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
    """Return a page that tells people the error. It asks the database for nothing, not even for who they are."""
    locked = isinstance(error, AccountLocked)
    page = render_to_string("ledger_core/unavailable.html", {"locked": locked, "request_id": request_id()})
    return HttpResponse(page, status=error.status, headers={"Retry-After": str(error.retry_after)})


def _for_api(request: HttpRequest, kind: type[LedgerError]) -> HttpResponse | None:
    return respond(kind.by_docstring()) if request.path.startswith("/api/") else None


def respond(error: LedgerError) -> HttpResponse:
    """Return the answer that tells the error."""
    document = problem(error)
    return answer(document, status=document.status, headers=error.headers(), media_type=MEDIA_TYPE)
