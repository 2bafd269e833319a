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
    """The owner has no account: nothing was ever posted to it."""

    code = "account-not-found"
    status = 404
    title = "The owner has no account"
    remedy = (
        "Take it for a balance of 0: the first entry makes the account. If there should be one, look at the spelling; "
        "owners are compared byte by byte. With `at`, the owner had none at that moment."
    )


class MomentUnclear(LedgerError):
    """The owner has entries that are later than the database's clock: what the owner had then cannot be known."""

    code = "moment-unclear"
    status = 409
    title = "The time of the owner's entries is not clear"
    remedy = (
        "Read the balance without `at`: it is right. The database's clock was ahead when the owner's newest entries "
        "were posted, so they may be from before the moment. Once the clock has passed their time, they count from "
        "that time on."
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
        raise MomentUnclear(f"{owner_id} has entries that are later than the database's clock.")
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
