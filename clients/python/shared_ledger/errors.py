"""What the ledger refuses, as exceptions: one for each code of its problem documents."""

from collections.abc import Mapping
from typing import Any, ClassVar

_TOLD_OTHERWISE = {"type", "title", "status", "code", "detail", "request_id"}


class LedgerError(Exception):
    """The ledger refused, for a reason that has no class of its own here; the base of those that have one.

    `code` is stable and for programs, `status` is HTTP's, `detail` tells this occurrence, `data` are the further
    members of the problem document, and by `request_id` the ledger's logs know the request.
    """

    by_code: ClassVar[dict[str, type["LedgerError"]]] = {}

    def __init_subclass__(cls, code: str) -> None:
        LedgerError.by_code[code] = cls

    def __init__(self, problem: Mapping[str, Any], retry_after: float = 0) -> None:
        super().__init__(problem, retry_after)  # as Exception's own arguments, so that it can be pickled
        self.code: str = problem["code"]
        self.status: int = problem["status"]
        self.detail: str = problem["detail"]
        self.request_id: str = problem["request_id"]
        self.data = {name: value for name, value in problem.items() if name not in _TOLD_OTHERWISE}
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.detail


class NoAnswer(LedgerError, code="no-answer"):
    """No answer came, and whether an entry was posted is not known: post again, with the same nonce. `status` is 0."""

    def __init__(self, detail: str) -> None:
        super().__init__({"code": "no-answer", "status": 0, "detail": detail, "request_id": ""})
        self.args = (detail,)


class OtherAnswer(LedgerError, code="other-answer"):
    """What answered is not the ledger: a proxy in between that cannot reach it, or all that is at this address."""

    def __init__(self, status: int, retry_after: float = 0) -> None:
        detail = f"An answer of status {status} came that is not the ledger's."
        super().__init__({"code": "other-answer", "status": status, "detail": detail, "request_id": ""}, retry_after)
        self.args = (status, retry_after)


class InsufficientBalance(LedgerError, code="insufficient-balance"):
    """The owner has fewer credits than the operation takes: `balance`."""


class BalanceTooLarge(LedgerError, code="balance-too-large"):
    """The balance would be larger than the ledger can hold."""


class AlreadyClaimed(LedgerError, code="already-claimed"):
    """The owner has had this already, and can again at `again_on`; never, where that is null."""


class NotReversible(LedgerError, code="not-reversible"):
    """The entry cannot be reversed by so many units: `remaining` are left."""


class NonceReused(LedgerError, code="nonce-reused"):
    """The nonce belongs to another request, which differed in `fields`. What is not a retry takes a new nonce."""


class BatchRefused(LedgerError, code="batch-refused"):
    """Nothing of the batch was posted: `items` tells which are at fault, each by its index and code."""


class InvalidBatch(LedgerError, code="invalid-batch"):
    """The items cannot be in one batch, whatever the books say."""


class InvalidRequest(LedgerError, code="invalid-request"):
    """The request is not valid: `errors` names each field at fault."""


class InvalidOperation(LedgerError, code="invalid-operation"):
    """The app has no such operation."""


class OperationRetired(LedgerError, code="operation-retired"):
    """The operation is retired: nothing new is posted. A retry of an earlier post still returns its entry."""


class BodyTooLarge(LedgerError, code="body-too-large"):
    """The request is larger than the ledger takes."""


class AccountNotFound(LedgerError, code="account-not-found"):
    """Nothing was ever posted for the owner; at the moment that was asked for, nothing yet."""


class MomentUnclear(LedgerError, code="moment-unclear"):
    """The owner has entries that are later than the database's clock: a balance of that moment cannot be known."""


class EntryNotFound(LedgerError, code="entry-not-found"):
    """The app has no such entry."""


class NotFound(LedgerError, code="not-found"):
    """The ledger has nothing at this address: there may be no such app."""


class Unauthenticated(LedgerError, code="unauthenticated"):
    """The key did not arrive."""


class KeyRefused(LedgerError, code="key-refused"):
    """The key is of no client, revoked or expired."""


class OtherApp(LedgerError, code="other-app"):
    """The key's client does not belong to this app."""


class MissingScope(LedgerError, code="missing-scope"):
    """The key's client may not do this: it lacks `scope`."""


class TooManyRequests(LedgerError, code="too-many-requests"):
    """More requests than the rate limit allows, for longer than they were retried."""


class ServiceUnavailable(LedgerError, code="service-unavailable"):
    """No replica answered, for longer than it was retried: whether an entry was posted is not known."""


class DatabaseUnavailable(LedgerError, code="database-unavailable"):
    """The ledger was not available, for longer than it was retried: whether an entry was posted is not known."""


class AccountLocked(LedgerError, code="account-locked"):
    """The account was locked, for longer than it was retried: nothing was posted."""


class InternalError(LedgerError, code="internal-error"):
    """A fault of the ledger's own; whether an entry was posted is not known: post again, with the same nonce."""


# What this client does not do, unless something between changes its requests.


class BadRequest(LedgerError, code="bad-request"):
    """The request could not be read."""


class AddressTooLong(LedgerError, code="address-too-long"):
    """The address of the request is longer than the ledger takes."""


class HeadersTooLarge(LedgerError, code="headers-too-large"):
    """The headers of the request are larger than the ledger takes."""


class NotAcceptable(LedgerError, code="not-acceptable"):
    """The ledger answers in JSON alone."""


class UnsupportedMediaType(LedgerError, code="unsupported-media-type"):
    """The ledger takes JSON alone."""
