"""Commands that check something: their exit code tells a finding from a failure."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from ledger_core.errors import LedgerError

FOUND, UNABLE = 1, 2


class Found(CommandError):
    """The command did its work, and found something that is wrong."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, returncode=FOUND)


class CheckCommand(BaseCommand):
    """Exits with 0 where all is right, with 1 where it found something wrong, and with 2 where it could not check.

    What stops it is one line on stderr; `--traceback` shows more.
    """

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
