"""The mutations of `make mutations` still apply: each replaces a text that its file has. No database."""

import pytest

from ledger_core.tests.mutations import MUTATIONS, ROOT


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_finds_the_text_that_it_replaces(name: str) -> None:
    assert [file for file, before, _ in MUTATIONS[name] if before not in (ROOT / file).read_text()] == []
