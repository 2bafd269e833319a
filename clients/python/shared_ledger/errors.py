"""Exceptions for rejected requests: one class for each code of the API's problem documents."""

from collections.abc import Mapping
from typing import Any, ClassVar

_NOT_DATA = {"type", "title", "status", "code", "detail", "request_id"}


class LedgerError(Exception):
    """A rejected request. Each code has a subclass; a code that this client does not know raises LedgerError itself.

    `code` identifies the kind of problem and never changes, `status` is the HTTP status, and `detail` describes this
    occurrence. `data` has the further members of the problem document. `request_id` finds the request in the logs.
    """

    by_code: ClassVar[dict[str, type["LedgerError"]]] = {}

    def __init_subclass__(cls, code: str) -> None:
        if LedgerError.by_code.setdefault(code, cls) is not cls:
            raise TypeError(f"{cls.__name__} has the code of {LedgerError.by_code[code].__name__}: {code}")

    def __init__(self, problem: Mapping[str, Any], retry_after: float = 0) -> None:
        super().__init__(problem, retry_after)  # all arguments, so that the exception can be pickled
        self.code: str = problem["code"]
        self.status: int = problem["status"]
        self.detail: str = problem["detail"]
        self.request_id: str = problem["request_id"]
        self.data = {name: value for name, value in problem.items() if name not in _NOT_DATA}
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.detail


class NoAnswer(LedgerError, code="no-answer"):
    """No response arrived. The entry may have been posted; retry with the same nonce. `status` is 0."""

    def __init__(self, detail: str) -> None:
        super().__init__({"code": "no-answer", "status": 0, "detail": detail, "request_id": ""})
        self.args = (detail,)


class OtherAnswer(LedgerError, code="other-answer"):
    """The response did not come from the ledger, but from a proxy or another service at this URL."""

    def __init__(self, status: int, retry_after: float = 0) -> None:
        detail = f"The response, with status {status}, did not come from the ledger."
        super().__init__({"code": "other-answer", "status": status, "detail": detail, "request_id": ""}, retry_after)
        self.args = (status, retry_after)


class InsufficientBalance(LedgerError, code="insufficient-balance"):
    """The owner has fewer credits than the operation takes.

    `data` has `balance`, `held`, `available`, the credits that the operation can take, `short_by`, how many more it
    needs, and `largest_amount`, the most units that would be accepted now.
    """


class BalanceTooLarge(LedgerError, code="balance-too-large"):
    """The balance would exceed 9223372036854775807 credits, the maximum."""


class AlreadyClaimed(LedgerError, code="already-claimed"):
    """This operation was already posted for the owner. `data["again_on"]` is when it can be again; None means never."""


class NotReversible(LedgerError, code="not-reversible"):
    """The entry has fewer units left to reverse than the request asks for. `data["remaining"]` is how many."""


class HoldExceeded(LedgerError, code="hold-exceeded"):
    """The hold has fewer units left than the capture asks for. `data["remaining"]` is how many."""


class HoldCaptured(LedgerError, code="hold-captured"):
    """The hold was captured, so nothing is left of it."""


class HoldReleased(LedgerError, code="hold-released"):
    """The hold was released, so nothing is left of it."""


class HoldExpired(LedgerError, code="hold-expired"):
    """The hold has expired, so nothing is left of it."""


class NonceReused(LedgerError, code="nonce-reused"):
    """The owner has used this nonce for a different request. `data["fields"]` lists what differs."""


class BatchRefused(LedgerError, code="batch-refused"):
    """Nothing was posted. `data["items"]` lists each item that cannot be posted, by index, with the reason."""


class InvalidBatch(LedgerError, code="invalid-batch"):
    """Nothing was posted. `data["items"]` lists each item that is not valid, by index, with the reason."""


class InvalidRequest(LedgerError, code="invalid-request"):
    """The request is not valid. `data["errors"]` lists the fields to fix. `request_id` is empty if it was not sent."""


class InvalidOperation(LedgerError, code="invalid-operation"):
    """The app has no operation with this code."""


class OperationRetired(LedgerError, code="operation-retired"):
    """The operation can no longer be posted. A retry of an earlier post still returns its entry."""


class BodyTooLarge(LedgerError, code="body-too-large"):
    """The body is too large: at most 64 KiB, or 4 MiB for a batch."""


class AccountNotFound(LedgerError, code="account-not-found"):
    """Nothing has been posted to the owner, or nothing yet at the requested time."""


class MomentUnclear(LedgerError, code="moment-unclear"):
    """The owner's newest entries have times in the future, so the balance at this time is unknown."""


class EntryNotFound(LedgerError, code="entry-not-found"):
    """The app has posted no entry with this id."""


class HoldNotFound(LedgerError, code="hold-not-found"):
    """The app has made no hold with this id."""


class NotFound(LedgerError, code="not-found"):
    """There is nothing at this path. Check the name of the app."""


class Unauthenticated(LedgerError, code="unauthenticated"):
    """The request arrived without an API key."""


class KeyRefused(LedgerError, code="key-refused"):
    """The key is unknown, revoked or expired."""


class OtherApp(LedgerError, code="other-app"):
    """The client has no access to this app."""


class MissingScope(LedgerError, code="missing-scope"):
    """The client does not have the scope that this request needs. `data["scope"]` is its name."""


class TooManyRequests(LedgerError, code="too-many-requests"):
    """The rate limit was still exceeded after all retries."""


class ServiceUnavailable(LedgerError, code="service-unavailable"):
    """No replica was available in all retries. The entry may have been posted; retry with the same nonce."""


class DatabaseUnavailable(LedgerError, code="database-unavailable"):
    """The database was not available in all retries. The entry may have been posted; retry with the same nonce."""


class AccountLocked(LedgerError, code="account-locked"):
    """The account was still locked after all retries. Nothing was posted."""


class InternalError(LedgerError, code="internal-error"):
    """The service failed unexpectedly. The entry may have been posted; retry with the same nonce."""


# These happen only if something between the client and the ledger changes the requests.


class BadRequest(LedgerError, code="bad-request"):
    """The request cannot be read."""


class AddressTooLong(LedgerError, code="address-too-long"):
    """The URL of the request is too long."""


class HeadersTooLarge(LedgerError, code="headers-too-large"):
    """The headers of the request are too large."""


class NotAcceptable(LedgerError, code="not-acceptable"):
    """The Accept header excludes JSON."""


class UnsupportedMediaType(LedgerError, code="unsupported-media-type"):
    """The body was not sent as JSON."""
