"""pytest plugin of this project: starts a PostgreSQL for the tests before Django reads its settings."""

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
    # The tests make more requests from one address than the limits allow.
    os.environ["LEDGER_RATE_LIMIT"] = os.environ["LEDGER_ADDRESS_RATE_LIMIT"] = "off"
    if "not django_db" in early_config.known_args_namespace.markexpr:
        os.environ["DATABASE_URL"] = "postgresql:///none"  # nothing connects to it
    # Workers of pytest-xdist inherit the DATABASE_URL of the process that started them.
    if "DATABASE_URL" not in os.environ:
        folder = _resources.enter_context(tempfile.TemporaryDirectory(prefix="ledger-test-"))
        _resources.enter_context(database(Path(folder, "postgres")))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _fail_if_skipped_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _fail_if_skipped_in_ci((yield))


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _fail_if_skipped_in_ci(report: Report) -> Report:
    """Turn a skipped test into a failed one in CI, where .ci/install must install everything that the tests need."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    of_root = "only root can" in reason and os.geteuid() != 0  # .ci/run runs these too, as root
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail") and not of_root:
        report.outcome = "failed"
        report.longrepr = (
            f"{reason}\nTests must not be skipped in CI. .ci/install probably does not install what this test needs."
        )
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots", type=Path, metavar="FOLDER", help="write the screenshots of the browser tests to this folder"
    )


def pytest_unconfigure() -> None:
    _resources.close()
