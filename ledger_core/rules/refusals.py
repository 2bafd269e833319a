"""Which constraint means which refusal: each constraint has one exception, found by its name."""

from collections.abc import Mapping

from django.db import DataError, IntegrityError
from psycopg.errors import NumericValueOutOfRange

from ledger_core.errors import LedgerError
from ledger_core.models import constraints
from ledger_core.postgresql.errors import constraint_of
from ledger_core.rules.balance import BalanceTooLarge, InsufficientBalance
from ledger_core.rules.claims import AlreadyClaimed
from ledger_core.rules.reversals import NotReversible

_REFUSALS: Mapping[str | None, type[LedgerError]] = {
    constraints.BALANCE_NOT_NEGATIVE: InsufficientBalance,
    constraints.ENTRY_BALANCE_NOT_NEGATIVE: InsufficientBalance,
    constraints.STARTS_FROM_ZERO: InsufficientBalance,
    constraints.CLAIM_ONCE: AlreadyClaimed,
    constraints.REMAINING_NOT_NEGATIVE: NotReversible,
}


def refusal_of(error: DataError | IntegrityError) -> type[LedgerError] | None:
    """Return the refusal that the database's error means. None: the nonce was used, or it is a bug."""
    if isinstance(error.__cause__, NumericValueOutOfRange):
        return BalanceTooLarge
    return _REFUSALS.get(constraint_of(error))


def is_of_nonce(error: DataError | IntegrityError) -> bool:
    """Return whether the owner has used the nonce before."""
    return constraint_of(error) == constraints.NONCE_ONCE
