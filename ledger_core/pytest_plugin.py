"""pytest plugin for the tests of apps: fixtures, and readable assertions in `ledger_core.conformance`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # at run time Django can only be imported after the settings are known
    from django.test import Client

pytest.register_assert_rewrite("ledger_core.conformance")


@pytest.fixture
def api(db: None) -> "Client":
    """A test client whose key has every app and scope. Like a real client, it gets a 500 if a view raises."""
    from django.test import Client

    from ledger_core.access import clients, keys
    from ledger_core.operations import Scope
    from ledger_core.plugins import ledger_apps

    key = clients.create("tests", [app.label for app in ledger_apps()], list(Scope))
    keys.client_of(key)  # caches the client, so that the test's requests make no query for it
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture(autouse=True, scope="session")
def _tables_are_emptied_fast() -> Iterator[None]:
    """Let Django empty the tables after tests that commit, which the append-only trigger would reject.

    Only those that have rows: to empty all takes as long as most tests. What migrations write stays, so that Django
    need not write it again.
    """
    from django.core.management.commands import flush
    from django.db.backends.postgresql.operations import DatabaseOperations  # needs settings

    sql_flush = DatabaseOperations.sql_flush

    def of_filled_tables(self: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
        asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)  # noqa: S608
        with self.connection.cursor() as cursor:
            cursor.execute(asked)
            filled = [
                table for (table,) in cursor.fetchall() if table not in ("django_content_type", "auth_permission")
            ]
        options["allow_cascade"] = True  # to tables that are empty
        return ["SET LOCAL session_replication_role = replica", *sql_flush(self, style, filled, **options)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", of_filled_tables)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *args: None)
        yield
