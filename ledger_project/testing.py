"""The pytest plugin of this project: gives the tests a PostgreSQL of their own before Django reads its settings."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ledger_project.database import database

if TYPE_CHECKING:  # Django is imported once there are settings
    from django.test import Client

_resources = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    os.environ.setdefault("LEDGER_ENV", "development")
    # Tests ask faster than people, all from one address.
    os.environ["LEDGER_RATE_LIMIT"] = os.environ["LEDGER_ADDRESS_RATE_LIMIT"] = "off"
    if "not django_db" in early_config.known_args_namespace.markexpr:
        os.environ["DATABASE_URL"] = "postgresql:///none"  # tests that need no database do not wait for one
    # Workers of pytest-xdist inherit the DATABASE_URL of the process that started them.
    if "DATABASE_URL" not in os.environ:
        folder = _resources.enter_context(tempfile.TemporaryDirectory(prefix="ledger-test-"))
        _resources.enter_context(database(Path(folder, "postgres")))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", type=Path, metavar="FOLDER", help="keep the pictures of the browser tests there")


def pytest_unconfigure() -> None:
    _resources.close()


@pytest.fixture
def api(db: None) -> "Client":
    """A client of every app with every scope, that is answered, like a real one, where the service has failed."""
    from django.test import Client

    from ledger_core import clients
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
