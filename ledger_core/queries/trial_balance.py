"""The trial balance: the credits that operations moved, compared with the owners' balances."""

from dataclasses import dataclass

from django.db import connection

from ledger_core import sql

_TRIAL_BALANCE = sql.load("trial_balance")


@dataclass(frozen=True, slots=True)
class Line:
    """The entries of an operation: how many, and the credits that they moved to owners (negative: from owners)."""

    app: str
    operation: str
    entries: int
    credits: int


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All entries by operation, the number of accounts and the sum of their balances, at one moment."""

    lines: list[Line]
    accounts: int
    balances: int

    @property
    def moved(self) -> int:
        return sum(line.credits for line in self.lines)

    @property
    def agrees(self) -> bool:
        return self.moved == self.balances


def trial_balance() -> TrialBalance:
    """Return the trial balance. Reads all entries and all accounts, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIAL_BALANCE)
        *lines, (_, _, accounts, balances) = cursor.fetchall()
    return TrialBalance(
        [Line(app, code, entries, int(moved)) for app, code, entries, moved in lines], accounts, int(balances)
    )
