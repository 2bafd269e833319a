"""Base class of commands that check something: different exit codes for a finding and for a failure."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from ledger_core.errors import LedgerError

FOUND, UNABLE = 1, 2


class Found(CommandError):
    """The command completed its check and found something wrong."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, returncode=FOUND)


class CheckCommand(BaseCommand):
    """Exits with 0 if the check found nothing wrong, 1 if it did, and 2 if the check could not be completed.

    The reason for 2 is one line on stderr; `--traceback` adds the traceback.
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
