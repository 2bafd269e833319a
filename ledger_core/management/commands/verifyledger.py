"""`manage.py verifyledger`"""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.db.models import Sum
from django.utils import timezone

from ledger_core.management.progress import count, moment, progress_bar
from ledger_core.models import Account
from ledger_core.verification import record, verify


class Command(BaseCommand):
    requires_migrations_checks = True
    help = (
        "Check that the books are as they were posted. Prints each fault with its owner and entry, and exits 1 on any. "
        "What it found in all of them is on the admin's front page."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", help="check this owner alone")
        parser.add_argument("--since", type=moment, help="check entries of this moment and later: 2026-11-24T09:30:00Z")
        parser.add_argument("--jobs", type=count, default=1, help="how many ranges of owners to check at once")

    def handle(self, *, owner: str | None, since: datetime | None, jobs: int, **options: Any) -> None:
        started_on = timezone.now()
        of = Account.objects.filter(pk=owner) if owner else Account.objects.all()
        total, accounts = of.aggregate(total=Sum("seq"))["total"] or 0, of.count()
        faults = 0
        with progress_bar(total, "entries") as bar:
            for fault in verify(owner=owner, jobs=jobs, progress=bar.update, **({"since": since} if since else {})):
                faults += 1
                bar.clear()
                self.stdout.write(f"{fault.owner_id} #{fault.seq}: {fault.detail}")
        if not owner and not since:
            self._record(started_on, accounts, total, faults)
        if faults:
            raise CommandError(f"{faults} faults in the books.")
        self.stdout.write(f"{total} entries of {accounts} accounts: no fault.")

    def _record(self, started_on: datetime, accounts: int, entries: int, faults: int) -> None:
        try:
            record(started_on=started_on, accounts=accounts, entries=entries, faults=faults)
        except DatabaseError as error:  # a standby, or a role that reads alone: the verification holds all the same
            self.stderr.write(f"The admin does not show it, since it could not be recorded: {error}")
