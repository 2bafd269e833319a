"""Explanation: what a balance consists of."""

from dataclasses import dataclass

from ledger_core.postgresql.statement import Statement
from ledger_core.queries.balances import Balance, balance_of
from ledger_core.queries.trial_balance import Line

_EXPLANATION = Statement("explanation")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A balance, and how many credits each operation of each app has added or taken."""

    balance: Balance
    lines: list[Line]

    @property
    def expired(self) -> int:
        """The credits that have expired, but whose CREDIT_EXPIRY is not yet written: the lines still include them."""
        return sum(line.credits for line in self.lines) - self.balance.balance


def explanation_of(owner_id: str) -> Explanation:
    """Return the explanation of the owner's balance. It reads all entries of the owner.

    Raises InvalidRequest or AccountNotFound.
    """
    balance = balance_of(owner_id)
    rows = _EXPLANATION.fetch({"owner_id": owner_id, "seq": balance.seq})
    return Explanation(balance, [Line(app, code, entries, int(moved)) for app, code, entries, moved in rows])
