"""Balances: the credits of an owner, now and at any earlier time."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct

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
        "spelling: owner ids are case-sensitive. With `at`, the owner had no account at that time."
    )


class MomentUnclear(LedgerError):
    """The owner's newest entries have times in the future, so the balance at this time is unknown."""

    code = "moment-unclear"
    status = 409
    title = "The balance at this time is unknown"
    remedy = (
        "Omit `at` to read the current balance. The database's clock was ahead when the newest entries were posted. "
        "Retry with `at` when their times have passed."
    )


class NextExpiry(Struct, frozen=True):
    """Credits that expire at the same time, without those that are held."""

    credits: int
    expires_on: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """An owner's balance in credits after `seq` entries, the newest of them posted at `updated_on`.

    `held`: the part of the balance that open holds reserve. `next_expiry`: None if no credits expire, and for a balance
    at a moment.
    """

    owner_id: str
    balance: int
    held: int
    seq: int
    updated_on: datetime
    next_expiry: NextExpiry | None = None

    @property
    def available(self) -> int:
        """The credits that can be spent."""
        return self.balance - self.held


def balance_of(owner_id: str) -> Balance:
    """Return the owner's balance. Raises InvalidRequest or AccountNotFound."""
    check(owner_id, OwnerId, "owner_id")
    for account in _BALANCE.fetch({"owner_id": owner_id}):
        *columns, expiring = account
        columns.append(expiring and msgspec.convert(expiring, NextExpiry))
        return Balance(*columns)
    raise AccountNotFound(f"{owner_id} has no account.")


def balance_at(owner_id: str, moment: datetime) -> Balance:
    """Return the owner's balance at a moment, including entries of that microsecond.

    An entry has the time at which its statement began. So a balance is final once the moment is longer ago than the
    statement timeout. Raises InvalidRequest, MomentUnclear, or AccountNotFound if the owner had no entry yet.
    """
    check(owner_id, OwnerId, "owner_id")
    ((*columns, unclear),) = _BALANCE_AT.fetch({"owner_id": owner_id, "moment": moment})
    if unclear:
        raise MomentUnclear(f"{owner_id} has entries with times in the future, so the balance at this time is unknown.")
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
    return [
        Balance(*entry) for entry in entries.values_list("owner_id", "balance_after", "held_after", "seq", "created_on")
    ]
