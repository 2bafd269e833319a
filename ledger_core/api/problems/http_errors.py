"""The errors of HTTP itself: requests that no view accepts, and failures of the service.

nginx returns some of them in place of the service (nginx/problems.conf), with the same codes, titles and details.
"""

from ledger_core.errors import LedgerError

_RETRY = "Retry with the same nonce, at any time: the entry is posted once, even if the first request posted it."


class BadRequest(LedgerError):
    """The request cannot be read, or the service does not accept its Host header."""

    code = "bad-request"
    status = 400
    title = "Bad request"
    remedy = (
        "Check the syntax of the request and its URL. The operator sets the host names that the service accepts "
        "(`ALLOWED_HOSTS`)."
    )


class Forbidden(LedgerError):
    """The client does not have permission for this request."""

    code = "permission-denied"
    status = 403
    title = "Permission denied"
    remedy = "Ask the operator for access. The apps and scopes of a client decide what its key can do."


class NotFound(LedgerError):
    """There is nothing at this path."""

    code = "not-found"
    status = 404
    title = "Not found"
    remedy = "Check the path: `/api/docs` lists all paths. No path of the API ends in a slash."


class MethodNotAllowed(LedgerError):
    """This path does not support the method."""

    code = "method-not-allowed"
    status = 405
    title = "Method not allowed"
    remedy = "Use one of the methods in the `Allow` header. `/api/docs` lists each path with its methods."


class NotAcceptable(LedgerError):
    """The Accept header excludes the media type of the response."""

    code = "not-acceptable"
    status = 406
    title = "Not acceptable"
    remedy = "Send `Accept: application/json`, or no `Accept` header."


class BodyTooLarge(LedgerError):
    """A body can have at most 64 KiB, and the body of a batch 4 MiB."""

    code = "body-too-large"
    status = 413
    title = "The body is too large"
    remedy = "Send a smaller body. Split a batch into several."


class AddressTooLong(LedgerError):
    """The request line, which has the path and the query string, can have at most 8190 bytes."""

    code = "address-too-long"
    status = 414
    title = "The URL is too long"
    remedy = "Shorten the query string: use fewer or shorter filters."


class UnsupportedMediaType(LedgerError):
    """The body was not sent as JSON."""

    code = "unsupported-media-type"
    status = 415
    title = "Unsupported media type"
    remedy = "Send JSON with `Content-Type: application/json`, and without a `Content-Encoding`."


class HeadersTooLarge(LedgerError):
    """A header can have at most 8190 bytes. A request can have at most 50 headers and 32 KiB of them."""

    code = "headers-too-large"
    status = 431
    title = "The headers are too large"
    remedy = "Send fewer or shorter headers. The API needs only `Authorization` and `Content-Type`."


class InternalError(LedgerError):
    """The service failed unexpectedly and logged the error. The entry may have been posted."""

    code = "internal-error"
    status = 500
    title = "Internal server error"
    remedy = f"{_RETRY} If the error remains, send the `request_id` to the operator, who finds the cause in the log."


class UnsupportedTransferCoding(LedgerError):
    """The body has a Transfer-Encoding other than chunked."""

    code = "unsupported-transfer-coding"
    status = 501
    title = "Unsupported transfer coding"
    remedy = "Send the body with a `Content-Length` or with `Transfer-Encoding: chunked`."


class DatabaseUnavailable(LedgerError):
    """The database is not available. The entry may have been posted; retry with the same nonce."""

    code = "database-unavailable"
    status = 503
    title = "The database is not available"
    remedy = _RETRY
    retry_after = 1


class ServiceUnavailable(LedgerError):
    """No server process is available. The entry may have been posted; retry with the same nonce."""

    code = "service-unavailable"  # only nginx returns it, when no replica responds
    status = 503
    title = "The service is not available"
    remedy = _RETRY


class UnsupportedHTTPVersion(LedgerError):
    """The request has an HTTP version other than 1.0 and 1.1."""

    code = "unsupported-http-version"
    status = 505
    title = "Unsupported HTTP version"
    remedy = "Send the request with HTTP/1.1. A proxy in front of the service may support other versions."
