"""`make mutations` still works: it starts, and each mutation replaces a text that its file has. No database."""

import subprocess
import sys

import pytest

from ledger_core.tests.mutations import MUTATIONS, ROOT


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_finds_the_text_that_it_replaces(name: str) -> None:
    assert [file for file, before, _ in MUTATIONS[name] if before not in (ROOT / file).read_text()] == []


def test_the_program_starts_without_django() -> None:
    subprocess.run(
        [sys.executable, "-m", "ledger_core.tests.mutations", "no mutation has this name"], cwd=ROOT, check=True
    )
