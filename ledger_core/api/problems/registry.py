"""Every error that a response can have: the core's and those of the installed apps."""

from functools import cache

from ledger_core import posting
from ledger_core.access.authentication import KeyRefused, MissingScope, OtherApp, Unauthenticated
from ledger_core.access.throttling import TooManyRequests
from ledger_core.api.problems import http_errors
from ledger_core.errors import AccountLocked, InvalidOperation, InvalidRequest, LedgerError, Registry
from ledger_core.plugins import ledger_apps
from ledger_core.queries.balances import AccountNotFound, MomentUnclear
from ledger_core.queries.entries import EntryNotFound
from ledger_core.queries.holds import HoldNotFound

CORE_ERRORS: tuple[type[LedgerError], ...] = (
    InvalidRequest,
    InvalidOperation,
    posting.OperationRetired,
    posting.InsufficientBalance,
    posting.BalanceTooLarge,
    posting.AlreadyClaimed,
    posting.NotReversible,
    posting.HoldExceeded,
    posting.HoldCaptured,
    posting.HoldReleased,
    posting.HoldExpired,
    posting.NonceReused,
    posting.InvalidBatch,
    posting.BatchRefused,
    AccountLocked,
    AccountNotFound,
    MomentUnclear,
    EntryNotFound,
    HoldNotFound,
    Unauthenticated,
    KeyRefused,
    OtherApp,
    MissingScope,
    TooManyRequests,
    http_errors.BadRequest,
    http_errors.Forbidden,
    http_errors.NotFound,
    http_errors.MethodNotAllowed,
    http_errors.NotAcceptable,
    http_errors.BodyTooLarge,
    http_errors.AddressTooLong,
    http_errors.UnsupportedMediaType,
    http_errors.HeadersTooLarge,
    http_errors.InternalError,
    http_errors.UnsupportedTransferCoding,
    http_errors.DatabaseUnavailable,
    http_errors.ServiceUnavailable,
    http_errors.UnsupportedHTTPVersion,
)


@cache
def errors() -> Registry:
    """Return the registry of every error. Raises ReusedCode, which `check_errors` reports before."""
    registry = Registry()
    registry.register(*CORE_ERRORS)
    for app in ledger_apps():
        registry.register(*app.errors)
    return registry
