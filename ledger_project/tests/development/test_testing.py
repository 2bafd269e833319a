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


@pytest.mark.parametrize(
    ("ci", "module", "count"),
    [
        ("", MODULE, "2 skipped, 1 xfailed"),
        ("true", MODULE, "1 failed, 1 xfailed, 1 error"),
        ("", COLLECTED, "1 skipped"),
        ("true", COLLECTED, "1 error"),
    ],
)
def test_a_skipped_test_says_why_and_fails_in_ci(tmp_path: Path, ci: str, module: str, count: str) -> None:
    (tmp_path / "test_made.py").write_text(module)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", f"--config-file={ROOT}/pyproject.toml", tmp_path / "test_made.py"],
        cwd=ROOT,
        env=environment(CI=ci, DATABASE_URL="postgresql:///none"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert count in done.stdout
    assert "no such program" in done.stdout
    passes = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    assert (done.returncode in passes) != bool(ci)
