"""The pytest plugin of the ledger, for the tests of its apps: `ledger_core.conformance`, and what they need."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # Django is imported once there are settings
    from django.test import Client

pytest.register_assert_rewrite("ledger_core.conformance")


@pytest.fixture
def api(db: None) -> "Client":
    """A client of every app with every scope, that is answered, like a real one, where the service has failed."""
    from django.test import Client

    from ledger_core.access import clients
    from ledger_core.operations import Scope
    from ledger_core.plugins import ledger_apps

    key = clients.create("tests", [app.label for app in ledger_apps()], list(Scope))
    clients.client_of(key)  # known from here on, so that no request of the test asks the database for it
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture(autouse=True, scope="session")
def _entries_can_be_flushed() -> Iterator[None]:
    """Let Django empty the tables after a test that commits; the append-only trigger would refuse it."""
    from django.db.backends.postgresql.operations import DatabaseOperations  # not before there are settings

    sql_flush = DatabaseOperations.sql_flush

    def without_triggers(self: Any, *args: Any, **kwargs: Any) -> list[str]:
        return ["SET LOCAL session_replication_role = replica", *sql_flush(self, *args, **kwargs)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", without_triggers)
        yield
