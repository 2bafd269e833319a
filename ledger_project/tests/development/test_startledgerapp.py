"""`manage.py startledgerapp`, in a copy of the project: what it makes works as it stands."""

import inspect
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger_core.tests.test_conformance import EveryOperation
from ledger_project.tests.conftest import ROOT, Project

pytestmark = pytest.mark.acceptance


NAME = "imaginary"  # no real app has it, so these tests pass in a project with any further apps


@pytest.fixture(scope="module")
def app(project: Project) -> Iterator[Path]:
    with project.app(NAME) as folder:
        yield folder


def test_its_tests_pass(project: Project, app: Path) -> None:
    tests = project.command("-m", "pytest", "-q", "-p", "no:cacheprovider", NAME)
    assert tests.returncode == 0, tests.stdout
    assert "passed" in tests.stdout


def test_operations_of_every_kind_pass_them_over_http(project: Project, app: Path) -> None:
    operations = app / "operations.py"
    made = operations.read_text()
    operations.write_text(f"""
from datetime import timedelta
from ledger_core.operations import Daily, Grant, Once, Operation, OperationSet, Plain, Reversal, Transfer
{inspect.getsource(EveryOperation)}
OPERATIONS = OperationSet("{NAME}", EveryOperation)
""")
    try:
        tests = project.command("-m", "pytest", "-q", "-p", "no:cacheprovider", NAME, "-k", "the_api")
    finally:
        operations.write_text(made)
    assert tests.returncode == 0, tests.stdout
    assert "passed" in tests.stdout


def test_its_migrations_are_complete_and_it_posts_over_http(fresh: Project, app: Path) -> None:
    with fresh.serve() as service:
        with service.open(
            f"/api/v1/{NAME}/ledger", b'{"operation": "REWARD", "owner_id": "a", "nonce": "1"}'
        ) as posted:
            assert json.load(posted)["balance_after"] == 1
        missing = fresh.command("manage.py", "makemigrations", "--check", "--dry-run")
        assert missing.returncode == 0, missing.stdout


def test_ruff_and_mypy_pass_it(project: Project, app: Path) -> None:
    ruff = project.command("-m", "ruff", "check", NAME)
    formatted = project.command("-m", "ruff", "format", "--check", NAME)
    assert (ruff.returncode, formatted.returncode) == (0, 0), ruff.stdout + formatted.stdout
    # With what mypy knows of the packages already, where it was asked before.
    cache = project.folder / ".mypy_cache"
    shutil.copytree(ROOT / ".mypy_cache", cache, dirs_exist_ok=True) if (ROOT / ".mypy_cache").exists() else None
    mypy = project.command("-m", "mypy", NAME, "--python-executable", sys.executable)
    assert mypy.returncode == 0, mypy.stdout + mypy.stderr


def test_it_is_under_forty_lines(app: Path) -> None:
    lines = [line for file in app.glob("*.py") for line in file.read_text().splitlines() if line.strip()]
    assert len(lines) < 40


def test_it_is_like_the_apps_that_are_there(app: Path) -> None:
    for name in ("apps", "models", "urls", "ledger"):
        content = (ROOT / "content" / f"{name}.py").read_text()
        assert (app / f"{name}.py").read_text() == content.replace("content", NAME).replace("Content", NAME.title())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Gaming", "lowercase letters"),
        ("9lives", "lowercase letters"),
        ("my-game", "lowercase letters"),
        ("a" * 41, "at most 40"),
        ("class", "a keyword of Python"),
        ("json", "conflicts with the name of an existing Python module"),
        ("content", "conflicts with the name of an existing Python module"),
        ("", "lowercase letters"),
    ],
)
def test_a_name_that_it_cannot_have_is_refused_with_the_reason(
    name: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=reason):
        call_command("startledgerapp", name)
    assert list(tmp_path.iterdir()) == []


def test_an_app_that_is_there_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call_command("startledgerapp", NAME, verbosity=0)
    (tmp_path / NAME / "operations.py").write_text("# mine")
    with pytest.raises(CommandError, match="already exists"):
        call_command("startledgerapp", NAME)
    assert (tmp_path / NAME / "operations.py").read_text() == "# mine"
