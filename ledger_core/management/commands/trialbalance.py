"""`manage.py trialbalance`"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger_core.trial_balance import trial_balance


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Sum the entries by app and operation, against the sum of all balances. Exits 1 where they differ."

    def handle(self, **options: Any) -> None:
        books = trial_balance()
        rows = [(f"{line.app}:{line.operation}", line.entries, line.credits) for line in books.lines]
        rows.append(("all entries", sum(line.entries for line in books.lines), books.moved))
        rows.append(("all balances", books.accounts, books.balances))
        width = max(len(name) for name, *_ in rows)
        for name, number, credits_ in rows:
            self.stdout.write(f"{name:{width}}  {number:>15,}  {credits_:>+25,}")
        if not books.agrees:
            raise CommandError(f"Entries and balances differ by {books.moved - books.balances:+,} credits.")
