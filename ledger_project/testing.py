"""The pytest plugin of this project: gives the tests a PostgreSQL of their own before Django reads its settings."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection

from ledger_project.database import database

_resources = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    os.environ.setdefault("LEDGER_ENV", "development")
    # Workers of pytest-xdist inherit the DATABASE_URL of the process that started them.
    if "DATABASE_URL" not in os.environ:
        folder = _resources.enter_context(tempfile.TemporaryDirectory(prefix="ledger-test-"))
        _resources.enter_context(database(Path(folder, "postgres"), owned=True))


def pytest_unconfigure() -> None:
    _resources.close()


@pytest.fixture(autouse=True)
def _entries_can_be_flushed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the end of a test with committed data empty the tables, which the append-only trigger refuses."""
    if "transactional_db" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
    yield  # its own end comes before transactional_db's, whose flush uses this connection
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
