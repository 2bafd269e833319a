"""The pytest plugin of this project: gives the tests a PostgreSQL of their own before Django reads its settings."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from ledger_project.database import database

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
