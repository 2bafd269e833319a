"""The pytest plugin of this project: gives the tests a PostgreSQL of their own before Django reads its settings."""

import os
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from ledger_project.development.database import database

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _skipped_nowhere_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _skipped_nowhere_in_ci((yield))


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _skipped_nowhere_in_ci(report: Report) -> Report:
    """Let a test fail where it is skipped in CI: .ci/install is to install whatever the tests use."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    of_root = "only root can" in reason and os.geteuid() != 0  # .ci/run runs these too, as root
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail") and not of_root:
        report.outcome = "failed"
        report.longrepr = f"{reason}\nA test that is skipped in CI is a failure: .ci/install lacks something."
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", type=Path, metavar="FOLDER", help="keep the pictures of the browser tests there")


def pytest_unconfigure() -> None:
    _resources.close()
