"""The README's example, run."""

import subprocess
import sys

import pytest

from ledger_project.tests.conftest import ROOT, Service, blocks, environment

pytestmark = pytest.mark.service

CLIENT = ROOT / "clients" / "python"
README = (CLIENT / "README.md").read_text()


def test_the_examples_print_what_the_readme_says(service: Service) -> None:
    examples = "\n".join(blocks(README, "python")).replace("http://localhost:8000", service.url)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", examples],
        env=environment(PYTHONPATH=str(CLIENT), LEDGER_KEY=service.key),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(blocks(README, "text"))
