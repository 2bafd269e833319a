"""What the project's pytest plugin does with tests that are skipped."""

import subprocess
import sys
from pathlib import Path

import pytest

from ledger_project.tests.conftest import ROOT, environment

MODULE = """
import pytest

def test_that_skips() -> None:
    pytest.skip("no such program")

@pytest.mark.skipif(True, reason="no such program")
def test_that_is_skipped() -> None: ...

@pytest.mark.xfail(reason="known")
def test_that_is_known_to_fail() -> None:
    raise AssertionError
"""
COLLECTED = "import pytest\n\npytest.importorskip('no_such_module', reason='no such program')\n"


@pytest.mark.parametrize(("ci", "count"), [("", "3 skipped, 1 xfailed"), ("true", "1 failed, 1 xfailed, 2 errors")])
def test_a_skipped_test_says_why_and_fails_in_ci(tmp_path: Path, ci: str, count: str) -> None:
    (tmp_path / "test_made.py").write_text(MODULE)
    (tmp_path / "test_collected.py").write_text(COLLECTED)
    command = [
        sys.executable,
        "-m",
        "pytest",
        f"--config-file={ROOT}/pyproject.toml",
        "--continue-on-collection-errors",
    ]
    done = subprocess.run(
        [*command, tmp_path],
        cwd=ROOT,
        env=environment(CI=ci, DATABASE_URL="postgresql:///none"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert count in done.stdout
    assert done.stdout.count("no such program") >= 3
    assert (done.returncode == 0) != bool(ci)
