"""`manage.py trialbalance`"""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from ledger_core.management.arguments import add_json
from ledger_core.management.output import write_json
from ledger_core.management.reporting import CheckCommand, Found
from ledger_core.queries.trial_balance import TrialBalance, trial_balance


class Command(CheckCommand):
    help = (
        "Sum all entries by app and operation, and compare the total with the sum of all balances. Exits with 0 if "
        "they agree, 1 if they differ, and 2 if they could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_json(parser)

    def handle(self, *, json: bool, **options: Any) -> None:
        trial = trial_balance()
        if json:
            write_json(self.stdout, {"moved": trial.moved, "agrees": trial.agrees} | asdict(trial))
        else:
            self._write(trial)
        if not trial.agrees:
            raise Found(f"The entries and the balances differ by {trial.moved - trial.balances:+,} credits.")

    def _write(self, trial: TrialBalance) -> None:
        rows = [(f"{line.app}:{line.operation}", line.entries, line.credits) for line in trial.lines]
        rows.append(("all entries", sum(line.entries for line in trial.lines), trial.moved))
        rows.append(("all balances", trial.accounts, trial.balances))
        width = max(len(name) for name, *_ in rows)
        for name, number, credits_ in rows:
            self.stdout.write(f"{name:{width}}  {number:>15,}  {credits_:>+25,}")
