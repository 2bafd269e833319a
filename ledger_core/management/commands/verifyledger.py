"""`manage.py verifyledger`"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.models import Sum
from django.utils import timezone
from msgspec import Struct

from ledger_core.management.progress import add_json, count, moment, progress_bar, write_json
from ledger_core.management.reporting import CheckCommand, Found
from ledger_core.models import Account, Entry
from ledger_core.values import OwnerId, check
from ledger_core.verification import Fault, FutureEntries, in_the_future, record, verify
from ledger_core.verification.schema import differences


class Report(Struct):
    """What was looked at and what was found. `schema` is null where the database has other migrations."""

    accounts: int
    entries: int
    faults: list[Fault]
    future: list[FutureEntries]
    schema: list[str] | None

    @property
    def summary(self) -> str:
        """What was found, in a sentence; empty for nothing."""
        later = sum(future.entries for future in self.future)
        found = {"faults in the books": len(self.faults), "entries in the future": later}
        found["differences in the database's schema"] = len(self.schema or ())
        parts = [f"{number} {what}" for what, number in found.items() if number]
        return f"{', '.join(parts)}." if parts else ""


class Command(CheckCommand):
    requires_migrations_checks = True
    help = (
        "Check that the books are as they were posted, that no entry is later than the database's clock, and that the "
        "tables are as the migrations made them. Prints each finding. Exits with 0 for none, with 1 for any, and with "
        "2 where it could not check. What it found in all the books is on the admin's front page."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_json(parser)
        parser.add_argument("--owner", help="check this owner only")
        parser.add_argument("--since", type=moment, help="check entries of this moment and later: 2026-11-24T09:30:00Z")
        parser.add_argument("--jobs", type=count, default=1, help="how many ranges of owners to check at once")

    def handle(
        self, *, owner: str | None, since: datetime | None, jobs: int, json: bool = False, **options: Any
    ) -> None:
        started_on = timezone.now()
        if since:
            _require_past(since)
        accounts, entries = _size(owner, since)
        report = Report(accounts=accounts, entries=entries, faults=[], future=[], schema=None)
        for fault in self._faults(owner, since, jobs):
            report.faults.append(fault)
            if not json:
                self.stdout.write(f"{fault.owner_id} #{fault.seq}: {fault.detail}")
        report.future, report.schema = in_the_future(owner), differences()
        if not owner and not since:
            self._record(started_on, report)
        self._print(report, json)

    def _faults(self, owner: str | None, since: datetime | None, jobs: int) -> Iterator[Fault]:
        total = Account.objects.filter(**{"pk": owner} if owner else {}).aggregate(total=Sum("seq"))["total"] or 0
        with progress_bar(total, "entries") as bar:
            for fault in verify(owner=owner, jobs=jobs, progress=bar.update, **({"since": since} if since else {})):
                bar.clear()
                yield fault

    def _record(self, started_on: datetime, report: Report) -> None:
        try:
            record(started_on=started_on, accounts=report.accounts, entries=report.entries, faults=len(report.faults))
        except DatabaseError as error:  # a standby, or a role that reads alone: the verification holds all the same
            self.stderr.write(f"The admin does not show it, since it could not be recorded: {error}")

    def _print(self, report: Report, json: bool) -> None:
        if json:
            write_json(self.stdout, report)
        else:
            for future in report.future:
                self.stdout.write(f"{future.owner_id} #{future.seq}: {future.detail}")
            for difference in report.schema or ():
                self.stdout.write(f"schema: {difference}")
            if report.schema is None:
                self.stdout.write("schema: not compared, since the database has other migrations than this version")
        if report.summary:
            raise Found(report.summary)
        if not json:
            self.stdout.write(f"{report.entries} entries of {report.accounts} accounts: no fault.")


def _require_past(since: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (now,) = cursor.fetchone()
    if since > now:
        raise CommandError(f"--since is later than the database's clock, {now.isoformat()}: there is nothing to check.")


def _size(owner: str | None, since: datetime | None) -> tuple[int, int]:
    """Return how many accounts and entries are to be checked."""
    accounts, entries = Account.objects.all(), Entry.objects.all()
    if owner is not None:
        check(owner, OwnerId, "owner")
        accounts, entries = accounts.filter(pk=owner), entries.filter(owner=owner)
        if not (accounts.exists() or entries.exists()):
            raise CommandError(f"{owner} has no account and no entries: there is nothing to check.")
    if since is None:
        return accounts.count(), accounts.aggregate(total=Sum("seq"))["total"] or 0
    return accounts.filter(updated_on__gte=since).count(), entries.filter(created_on__gte=since).count()
