"""`manage.py verifyledger`"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ledger_core.management.arguments import add_json, moment, positive_integer
from ledger_core.management.output import counted, progress_bar, write_json
from ledger_core.management.reporting import CheckCommand, Found
from ledger_core.verification import Fault, FutureEntries, NothingToCheck, Report, run, size_of


class Command(CheckCommand):
    help = (
        "Verify the ledger: that every entry and account is as the service wrote it, that no entry is later than the "
        "database's clock, and that the tables are as the migrations made them. Prints each finding. Exits with 0 if "
        "there is none, 1 if there is any, and 2 if the ledger could not be verified. The admin's front page shows "
        "the result, unless --owner or --since is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_json(parser)
        parser.add_argument("--owner", help="verify only this owner")
        parser.add_argument(
            "--since",
            type=moment,
            help="verify only entries posted at or after this time, such as 2026-11-24T09:30:00Z",
        )
        parser.add_argument(
            "--jobs",
            type=positive_integer,
            default=1,
            help="how many database connections to verify with at the same time (default: 1)",
        )

    def handle(
        self, *, owner: str | None, since: datetime | None, jobs: int, json: bool = False, **options: Any
    ) -> None:
        try:
            with progress_bar(size_of(owner).entries, "entries") as bar:

                def show(fault: Fault) -> None:
                    bar.clear()
                    if not json:
                        self.stdout.write(_line(fault))

                report = run(owner=owner, since=since, jobs=jobs, progress=bar.update, on_fault=show)
        except NothingToCheck as error:
            raise CommandError(f"There is nothing to verify: {error}") from None
        if report.not_recorded:
            self.stderr.write(f"The admin does not show this result, because storing it failed: {report.not_recorded}")
        if json:
            write_json(self.stdout, _as_json(report))
        else:
            self._show_what_is_not_a_fault(report)
        if findings := ", ".join(_findings(report)):
            raise Found(f"Found {findings}.")
        if not json:
            entries = counted(report.size.entries, "entry", "entries")
            accounts = counted(report.size.accounts, "account", "accounts")
            self.stdout.write(f"Verified {entries} of {accounts}: no faults.")

    def _show_what_is_not_a_fault(self, report: Report) -> None:
        for future in report.future:
            self.stdout.write(_line(future))
        for difference in report.schema or ():
            self.stdout.write(f"schema: {difference}")
        if report.schema is None:
            self.stdout.write("schema: not compared, because other migrations are applied than this version has")


def _line(finding: Fault | FutureEntries) -> str:
    return f"{finding.owner_id} #{finding.seq}: {finding.detail}"


def _findings(report: Report) -> Iterator[str]:
    """Yield what was found, by kind; nothing if there is no finding."""
    if report.faults:
        yield counted(len(report.faults), "fault", "faults")
    if report.future:
        yield counted(report.entries_in_the_future, "entry in the future", "entries in the future")
    if report.schema:
        yield counted(len(report.schema), "difference in the database's schema", "differences in the database's schema")


def _as_json(report: Report) -> dict[str, object]:
    return {
        "accounts": report.size.accounts,
        "entries": report.size.entries,
        "faults": report.faults,
        "future": report.future,
        "schema": report.schema,
    }
