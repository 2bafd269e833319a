"""`manage.py importledger`"""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ledger_core.import_export.importing import ImportRefused, import_entries
from ledger_core.management.arguments import add_json
from ledger_core.management.output import counted, progress_bar, write_json
from ledger_core.management.reporting import LedgerCommand


class Command(LedgerCommand):
    help = (
        "Import an export in JSON lines into an empty ledger. Each entry is checked against the one before it. Stop "
        "the service and watchledger first: they would write entries between those of the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="file that exportledger wrote, in JSON lines")
        parser.add_argument("--resume", action="store_true", help="continue an interrupted import")
        add_json(parser)

    def handle(self, *, file: Path, resume: bool, json: bool, **options: Any) -> None:
        try:
            with file.open("rb") as lines, progress_bar(file.stat().st_size, "bytes") as bar:
                imported = import_entries(lines, resume=resume, progress=bar.update)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        if json:
            write_json(self.stdout, {"imported": imported})
        else:
            self.stdout.write(f"Imported {counted(imported, 'entry', 'entries')}.")
