"""`manage.py servicerole`"""

import os
from collections.abc import Mapping
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, transaction
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier, Literal

from ledger_core import sql
from ledger_core.management.reporting import LedgerCommand
from ledger_core.postgresql.locks import one_at_a_time

_SERVICE_ROLE = sql.load("service_role")
# Rejected and replayed posts are errors to PostgreSQL. With these settings it logs one short line for each, without the
# statement and the row, which contain an owner and a nonce. Only a superuser may set them.
_LOG = {"log_min_error_statement": "fatal", "log_error_verbosity": "terse"}


class Command(LedgerCommand):
    help = (
        "Create or update the database role that the service connects as, which SERVICE_DATABASE_URL names, with the "
        "rights that it needs. Run this as the owner of the tables after each migrate, with the service's values of "
        "STATEMENT_TIMEOUT and LOCK_TIMEOUT."
    )

    def handle(self, **options: Any) -> None:
        # PostgreSQL fails one of two sessions that change the same rights at the same time.
        with one_at_a_time(connection, self.stderr.write):
            self._make_role()

    def _make_role(self) -> None:
        try:
            url = conninfo_to_dict(os.environ.get("SERVICE_DATABASE_URL") or "postgresql://")
        except psycopg.ProgrammingError:  # the error's text can contain the password
            raise CommandError(
                "SERVICE_DATABASE_URL is not valid: expected postgresql://user:password@host/name"
            ) from None
        name, password = str(url.get("user", "")), str(url.get("password", ""))
        if not name:
            raise CommandError(
                "Set SERVICE_DATABASE_URL to the URL that the service connects with, including user and password."
            )
        role = Identifier(name)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(SQL("CREATE ROLE {} LOGIN").format(role))
            # Hashed here, so that the server's log cannot contain the password.
            verifier = connection.connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
            cursor.execute(SQL("ALTER ROLE {} PASSWORD {}").format(role, Literal(verifier.decode())))
            cursor.execute(SQL(_SERVICE_ROLE).format(role=role, tables=SQL(", ").join(map(Identifier, _tables()))))
            # The service also sets these when it connects, but a pooler in transaction mode does not pass them on.
            _set(role, settings.SERVICE_SESSION)
        try:
            _set(role, _LOG)
        except ProgrammingError:
            self.stderr.write(
                f"Only a superuser can set {_LOG} for the role {name}. Without these settings, PostgreSQL logs the "
                "owner and the nonce of each rejected post."
            )
        self.stdout.write(f"The role {name} can post and read.")


def _tables() -> set[str]:
    """Return the tables of all installed apps, without those of ledger_core: service_role.sql names each of these."""
    models = [model._meta for model in apps.get_models(include_auto_created=True)]
    return {meta.db_table for meta in models if meta.managed and not meta.proxy and meta.app_label != "ledger_core"}


def _set(role: Identifier, session: Mapping[str, str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for name, value in session.items():
            cursor.execute(SQL("ALTER ROLE {} SET {} TO {}").format(role, Identifier(name), Literal(value)))
