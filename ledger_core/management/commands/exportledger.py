"""`manage.py exportledger`"""

import os
import sys
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Sum

from ledger_core.import_export.exporting import FORMATS, Format, NotResumable, Position, records
from ledger_core.management.output import progress_bar
from ledger_core.management.reporting import LedgerCommand
from ledger_core.models import Account


class Command(LedgerCommand):
    help = "Export all entries: as JSON lines, which importledger reads, as CSV, or as a journal for hledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=FORMATS, default="jsonl", help="format of the export (default: jsonl)")
        parser.add_argument("--output", type=Path, help="file to write (default: standard output)")
        parser.add_argument(
            "--resume", action="store_true", help="continue an interrupted export after the last entry in the file"
        )

    def handle(self, *, format: str, output: Path | None, resume: bool, **options: Any) -> None:  # noqa: A002
        form = FORMATS[format]
        if output is None:
            if resume:
                raise CommandError("--resume needs a file: name it with --output.")
            _write(sys.stdout.buffer, form, None)
            return
        try:
            _write_file(output, form, resume=resume)
        except FileExistsError:
            raise CommandError(f"{output} exists. Continue it with --resume, or choose another file.") from None
        except NotResumable as error:
            raise CommandError(f"{output} cannot be continued and was not changed. {error}") from None
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from None


def _write_file(output: Path, form: Format, *, resume: bool) -> None:
    if resume and output.exists():
        with output.open("r+b") as file:
            position = form.resume(file)
            file.seek(0, os.SEEK_END)
            _write(file, form, position)
    else:
        # Only its user may read the file: it has every owner and every balance.
        with os.fdopen(os.open(output, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            _write(file, form, None)


def _write(file: IO[bytes], form: Format, after: Position | None) -> None:
    total = Account.objects.aggregate(total=Sum("seq"))["total"] or 0
    if after is None:
        file.write(form.header.encode())
    with progress_bar(total, "entries") as bar:
        for record in records(after):
            file.write(form.write(record).encode())
            bar.update()
