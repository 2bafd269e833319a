"""`manage.py migrate`"""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from ledger_core.postgresql.locks import one_at_a_time, with_short_locks


class Command(migrate.Command):
    """Django's migrate, safe to run while the service or another migrate runs: see ledger_core.postgresql.locks."""

    def handle(self, *args: Any, **options: Any) -> None:
        database = connections[options["database"]]
        with one_at_a_time(database, self.stderr.write):
            with_short_locks(database, lambda: super(Command, self).handle(*args, **options), self.stderr.write)
