"""Commands that report: exit codes that tell a finding from a failure, and --json."""

from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from ledger_core.errors import LedgerError

FOUND, UNABLE = 1, 2


class Found(CommandError):
    """The command did its work, and found something that is wrong: exit code 1."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, returncode=FOUND)


class ReportCommand(BaseCommand):
    """Exits with 0 where all is right, with 1 where it found something wrong, and with 2 where it could not look.

    What stops it is one line on stderr; `--traceback` shows more.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as one JSON document")

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except Found:
            raise
        except CommandError as error:
            error.returncode = UNABLE
            raise
        except (DatabaseError, InterfaceError, LedgerError) as error:
            raise CommandError(" ".join(str(error).split()), returncode=UNABLE) from error

    def write_json(self, report: msgspec.Struct) -> None:
        self.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
