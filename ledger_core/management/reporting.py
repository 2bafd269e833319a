"""Base classes of commands: errors as one line, and different exit codes for a finding and for a failure."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from ledger_core.errors import LedgerError
from ledger_core.postgresql.migrated import is_migrated

FOUND, UNABLE = 1, 2


class Found(CommandError):
    """The command completed its check and found something wrong."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, returncode=FOUND)


class LedgerCommand(BaseCommand):
    """A command that needs the ledger's tables. An error of the database is one line; `--traceback` shows more."""

    requires_migrations_checks = True

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (DatabaseError, InterfaceError, LedgerError) as error:
            raise CommandError(" ".join(str(error).split())) from error

    def check_migrations(self) -> None:
        """Raise CommandError if a migration is not applied. Django's own check prints this to standard output."""
        if not is_migrated():
            raise CommandError("The tables are missing or of an earlier version. Run manage.py migrate.")


class CheckCommand(LedgerCommand):
    """Exits with 0 if the check found nothing wrong, 1 if it did, and 2 if the check could not be completed."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except Found:
            raise
        except CommandError as error:
            error.returncode = UNABLE
            raise
