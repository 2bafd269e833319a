"""Balances: the credits of an owner, now and at any earlier time."""

from dataclasses import dataclass
from datetime import datetime

from ledger_core.errors import LedgerError
from ledger_core.models import Account, Entry
from ledger_core.postgresql.statement import Statement
from ledger_core.values import OwnerId, check

_BALANCE = Statement("balance")
_BALANCE_AT = Statement("balance_at")


class AccountNotFound(LedgerError):
    """Nothing has been posted to the owner, so it has no account."""

    code = "account-not-found"
    status = 404
    title = "The owner has no account"
    remedy = (
        "Treat the balance as 0: the first entry creates the account. If there should be an account, check the "
        "spelling: owner ids are compared byte by byte. With `at`, the owner had no account at that moment."
    )


class MomentUnclear(LedgerError):
    """The owner's newest entries are dated after the database's clock, so past balances are not certain."""

    code = "moment-unclear"
    status = 409
    title = "The balance at that moment is not certain"
    remedy = (
        "Read the balance without `at`, which is always right. The database's clock was ahead when the owner's newest "
        "entries were posted, so they may belong before the moment. Retry with `at` once the clock has passed them."
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """An owner's balance in credits after `seq` entries, the newest of them posted at `updated_on`."""

    owner_id: str
    balance: int
    seq: int
    updated_on: datetime


def balance_of(owner_id: str) -> Balance:
    """Return the owner's balance. Raises InvalidRequest or AccountNotFound."""
    check(owner_id, OwnerId, "owner_id")
    for account in _BALANCE.fetch({"owner_id": owner_id}):
        return Balance(*account)
    raise AccountNotFound(f"{owner_id} has no account.")


def balance_at(owner_id: str, moment: datetime) -> Balance:
    """Return the owner's balance at a moment, including entries of that microsecond.

    An entry has the time at which its statement began. So a balance is final once the moment is longer ago than the
    statement timeout. Raises InvalidRequest, MomentUnclear, or AccountNotFound if the owner had no entry yet.
    """
    check(owner_id, OwnerId, "owner_id")
    ((*columns, unclear),) = _BALANCE_AT.fetch({"owner_id": owner_id, "moment": moment})
    if unclear:
        raise MomentUnclear(f"{owner_id} has entries that are dated after the database's clock.")
    if columns[0] is None:
        raise AccountNotFound(f"{owner_id} had no account at {moment.isoformat()}.")
    return Balance(*columns)


def history_of(account: Account, *, points: int) -> list[Balance]:
    """Return the owner's balance after at most `points` entries, oldest first: the first, the last and some between.

    The entries are spread evenly over the sequence numbers and read by index, so the number of entries does not matter.
    """
    last, gaps = account.seq, min(points, account.seq) - 1
    numbers = [1 + (last - 1) * n // gaps for n in range(gaps + 1)] if gaps else [last]
    entries = Entry.objects.filter(owner_id=account.pk, seq__in=numbers).order_by("seq")
    return [Balance(*entry) for entry in entries.values_list("owner_id", "balance_after", "seq", "created_on")]
