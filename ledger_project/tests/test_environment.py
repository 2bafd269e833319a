"""Development is the default on a developer's machine, and nowhere else; what is wrong takes one line to say."""

import shutil
import sys
import sysconfig
import venv
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ledger_project.tests.conftest import ROOT, fresh_shell

MISSING = "Set SECRET_KEY or SECRET_KEY_FILE. On your own machine you can set LEDGER_ENV=development instead.\n"
GUNICORN = f"{sys.executable} -m gunicorn -c deploy/gunicorn.conf.py ledger_project.wsgi"


def in_a_fresh_shell(command: str) -> CompletedProcess[str]:
    return fresh_shell(command, ROOT, check=False)


@pytest.fixture
def elsewhere(folder: Path) -> Path:
    """The Python of an environment with all packages that `make install` has not made."""
    venv.create(folder / "venv", symlinks=True)
    packages = Path(sysconfig.get_path("purelib"))
    below = packages.relative_to(sys.prefix)
    shutil.rmtree(folder / "venv" / below)
    (folder / "venv" / below).symlink_to(packages)
    return folder / "venv" / "bin" / "python"


@pytest.mark.service
def test_on_a_developers_machine_a_command_needs_no_variable() -> None:
    assert "CREDIT_ADD" in in_a_fresh_shell(".venv/bin/python manage.py showoperations").stdout


@pytest.mark.parametrize(
    "command",
    [
        "LEDGER_ENV=production .venv/bin/python manage.py check",
        "LEDGER_ENV= .venv/bin/python manage.py check",
        "ALLOWED_HOSTS=ledger.example .venv/bin/python manage.py check",
        GUNICORN,
    ],
)
def test_what_may_be_production_assumes_nothing_and_says_so_in_one_line(command: str) -> None:
    done = in_a_fresh_shell(command)
    assert (done.returncode, done.stderr) == (1, MISSING)


def test_an_environment_that_make_did_not_install_is_no_developers(elsewhere: Path) -> None:
    done = in_a_fresh_shell(f"{elsewhere} manage.py check")
    assert (done.returncode, done.stderr) == (1, MISSING)


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ("SECRET_KEY_FILE=/nowhere", "SECRET_KEY_FILE"),
        ("SECRET_KEY=x ALLOWED_HOSTS=x DATABASE_URL=nonsense", "DATABASE_URL"),
        ("SECRET_KEY=x ALLOWED_HOSTS=x DATABASE_URL=postgresql:///x LEDGER_RATE_LIMIT=fast", "LEDGER_RATE_LIMIT"),
    ],
)
def test_a_setting_that_cannot_be_read_gets_one_line(variables: str, name: str) -> None:
    done = in_a_fresh_shell(f"{variables} .venv/bin/python manage.py check")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith(name)


def test_mypy_needs_no_variable() -> None:
    done = in_a_fresh_shell(".venv/bin/mypy manage.py")
    assert done.returncode == 0, done.stdout + done.stderr
