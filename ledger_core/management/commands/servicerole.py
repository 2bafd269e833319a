"""`manage.py servicerole`"""

import os
from collections.abc import Mapping
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connection, transaction
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier, Literal

from ledger_core import sql
from ledger_core.postgresql.locks import one_at_a_time

_SERVICE_ROLE = sql.load("service_role")
# A refusal and a replay are an ERROR to PostgreSQL. With these its log has one short line for each, not the statement
# and the row, which names an owner and a nonce. Only a superuser may set them.
_LOG = {"log_min_error_statement": "fatal", "log_error_verbosity": "terse"}


class Command(BaseCommand):
    help = (
        "Make the role of SERVICE_DATABASE_URL, as which the service is to connect, and give it the rights that it "
        "needs. Run it as the owner of the tables, after each migrate, with the service's STATEMENT_TIMEOUT and "
        "LOCK_TIMEOUT."
    )
    requires_migrations_checks = True

    def handle(self, **options: Any) -> None:
        with one_at_a_time(connection, self.stderr.write):  # PostgreSQL fails one of two that change the same rights
            self._make_role()

    def _make_role(self) -> None:
        try:
            url = conninfo_to_dict(os.environ.get("SERVICE_DATABASE_URL") or "postgresql://")
        except psycopg.ProgrammingError:  # its text can quote the password
            raise CommandError("SERVICE_DATABASE_URL: expected postgresql://user:password@host/name") from None
        name, password = str(url.get("user", "")), str(url.get("password", ""))
        if not name:
            raise CommandError(
                "Set SERVICE_DATABASE_URL: the service's own URL of the database, with role and password."
            )
        role = Identifier(name)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(SQL("CREATE ROLE {} LOGIN").format(role))
            # Hashed here, so that the server's log cannot show it.
            verifier = connection.connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
            cursor.execute(SQL("ALTER ROLE {} PASSWORD {}").format(role, Literal(verifier.decode())))
            cursor.execute(SQL(_SERVICE_ROLE).format(role=role, tables=SQL(", ").join(map(Identifier, _tables()))))
            # The service sets these itself when it connects; a pooler in transaction mode does not pass them on.
            _set(role, settings.SERVICE_SESSION)
        try:
            _set(role, _LOG)
        except ProgrammingError:
            self.stderr.write(f"Not a superuser, so PostgreSQL's log gets the statement of each refusal: set {_LOG}.")
        self.stdout.write(f"{name} may post and read.")


def _tables() -> set[str]:
    """Return the tables of all installed apps except the ledger's own, each of which service_role.sql names."""
    models = [model._meta for model in apps.get_models(include_auto_created=True)]
    return {meta.db_table for meta in models if meta.managed and not meta.proxy and meta.app_label != "ledger_core"}


def _set(role: Identifier, session: Mapping[str, str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for name, value in session.items():
            cursor.execute(SQL("ALTER ROLE {} SET {} TO {}").format(role, Identifier(name), Literal(value)))
