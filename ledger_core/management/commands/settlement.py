"""`manage.py settlement`"""

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ledger_core.management.arguments import add_json, day_or_moment
from ledger_core.management.output import progress_bar, write_json
from ledger_core.management.reporting import CheckCommand, Found
from ledger_core.queries.settlement import as_csv, as_json, settlement
from ledger_core.verification import size_of

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class Command(CheckCommand):
    help = (
        "Report which credits paid for what in a period: for each operation that gave credits, how many were left "
        "before, how many it gave, how many each operation took, and how many are left. Exits with 0 if this agrees "
        "with the entries, 1 if it differs, and 2 if it could not be computed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        when = "a day, such as 2026-11-01, which begins at 00:00 UTC, or a time, such as 2026-11-24T09:30:00Z"
        parser.add_argument("--since", type=day_or_moment, default=BEGINNING, help=f"the beginning: {when}")
        parser.add_argument("--until", type=day_or_moment, help=f"the end, which is not included: {when}; default: now")
        parser.add_argument("--csv", action="store_true", help="print CSV: a row for each pair of operations")
        add_json(parser)

    def handle(self, *, since: datetime, until: datetime | None, csv: bool, json: bool, **options: Any) -> None:
        end = until or timezone.now()
        if since >= end:
            raise CommandError(f"The end of the period must be after its beginning, {since.isoformat()}.")
        if csv and json:
            raise CommandError("Choose --csv or --json.")
        with progress_bar(size_of().entries, "entries") as bar:
            settled = settlement(since, end, progress=bar.update)
        if json:
            write_json(self.stdout, msgspec.Raw(as_json(settled, since, end)))
        elif csv:
            self.stdout.write(as_csv(settled), ending="")
        else:
            for source, what, credits_ in settled.rows:
                self.stdout.write(f"{source:28}  {what:28}  {credits_:>+25,}")
        if not settled.agrees:
            raise Found(f"The settlement differs from the entries: {settled.differences}. Run verifyledger.")
