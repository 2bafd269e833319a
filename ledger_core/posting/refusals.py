"""What the books refuse, and the constraint that refuses it."""

from collections.abc import Mapping

from django.db import DataError, IntegrityError
from psycopg import Error as PostgresError
from psycopg.errors import NumericValueOutOfRange

from ledger_core import constraints
from ledger_core.errors import LedgerError


class InsufficientBalance(LedgerError):
    """The balance would fall below zero."""

    code = "insufficient-balance"
    status = 402
    title = "The balance is too low"
    remedy = "Ask for less, or send the same again once the owner has more: nothing was posted, and the nonce is free."
    members = {"balance": 10}


class BalanceTooLarge(LedgerError):
    """The balance would grow past what a bigint holds."""

    code = "balance-too-large"
    status = 409
    title = "The balance would be too large"
    remedy = "Ask for fewer units. A balance is at most 9223372036854775807 credits."


class AlreadyClaimed(LedgerError):
    """The owner has taken the slot that the operation claims; `again_on` is when the next one begins, if ever."""

    code = "already-claimed"
    status = 409
    title = "The owner has had this already"
    remedy = "Send it again from `again_on` on; where that is null, never. The nonce is free."
    members = {"again_on": "2026-11-25T00:00:00Z"}


class NotReversible(LedgerError):
    """Fewer units of the entry are left to be reversed than were asked for; `remaining` says how many."""

    code = "not-reversible"
    status = 409
    title = "The entry cannot be reversed so far"
    remedy = (
        "Ask for `remaining` units at most. Where that is 0, see whether `reverses` is right: an entry of another "
        "owner, another app or another operation counts as one of no units, as one does that is not there."
    )
    members = {"remaining": 0}


class NonceReused(LedgerError):
    """The owner's nonce belongs to an earlier, different request; `fields` names what differs."""

    code = "nonce-reused"
    status = 409
    title = "The nonce belongs to another request"
    remedy = "For a new operation, take a new nonce. For a retry, send what was sent first."
    members = {"fields": ["amount"]}


_REFUSALS: Mapping[str | None, type[LedgerError]] = {
    constraints.BALANCE_NOT_NEGATIVE: InsufficientBalance,
    constraints.ENTRY_BALANCE_NOT_NEGATIVE: InsufficientBalance,
    constraints.STARTS_FROM_ZERO: InsufficientBalance,
    constraints.CLAIM_ONCE: AlreadyClaimed,
    constraints.REMAINING_NOT_NEGATIVE: NotReversible,
}


def refusal_of(error: DataError | IntegrityError) -> type[LedgerError] | None:
    """Return what the database's error means. None: the nonce was used, or it is a fault of ours."""
    if isinstance(error.__cause__, NumericValueOutOfRange):
        return BalanceTooLarge
    return _REFUSALS.get(_constraint(error))


def is_of_nonce(error: DataError | IntegrityError) -> bool:
    return _constraint(error) == constraints.NONCE_ONCE


def _constraint(error: DataError | IntegrityError) -> str | None:
    cause = error.__cause__
    return cause.diag.constraint_name if isinstance(cause, PostgresError) else None
