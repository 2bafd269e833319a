"""`manage.py importledger`"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger_core.importing import ImportRefused, import_entries
from ledger_core.management.progress import progress_bar


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Read an export in JSON lines into an empty ledger. Every entry is held against the one before it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--resume", action="store_true", help="go on with an import that was interrupted")

    def handle(self, *, file: Path, resume: bool, **options: Any) -> None:
        try:
            with file.open("rb") as lines, progress_bar(file.stat().st_size, "bytes") as bar:
                imported = import_entries(lines, resume=resume, progress=bar.update)
        except (OSError, ImportRefused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{imported} entries imported.")
