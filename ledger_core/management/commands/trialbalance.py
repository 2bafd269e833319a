"""`manage.py trialbalance`"""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from ledger_core.management.arguments import add_json
from ledger_core.management.output import write_json
from ledger_core.management.reporting import CheckCommand, Found
from ledger_core.queries.trial_balance import TrialBalance, trial_balance


class Command(CheckCommand):
    requires_migrations_checks = True
    help = (
        "Sum the entries by app and operation, against the sum of all balances. Exits with 1 where they differ, with 2 "
        "where it could not read them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_json(parser)

    def handle(self, *, json: bool, **options: Any) -> None:
        books = trial_balance()
        if json:
            write_json(self.stdout, {"moved": books.moved, "agrees": books.agrees} | asdict(books))
        else:
            self._write(books)
        if not books.agrees:
            raise Found(f"Entries and balances differ by {books.moved - books.balances:+,} credits.")

    def _write(self, books: TrialBalance) -> None:
        rows = [(f"{line.app}:{line.operation}", line.entries, line.credits) for line in books.lines]
        rows.append(("all entries", sum(line.entries for line in books.lines), books.moved))
        rows.append(("all balances", books.accounts, books.balances))
        width = max(len(name) for name, *_ in rows)
        for name, number, credits_ in rows:
            self.stdout.write(f"{name:{width}}  {number:>15,}  {credits_:>+25,}")
