"""docs/guarantees.md: every promise names tests that are there. No database."""

import re

from ledger_project.tests.conftest import ROOT

GUARANTEES = (ROOT / "docs" / "guarantees.md").read_text()


def test_every_promise_names_tests_that_are_there() -> None:
    promises = [line for line in GUARANTEES.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert len(promises) > 20
    files = {path.name: path.read_text() for path in ROOT.glob("*/tests/**/test_*.py")}
    for promise in promises:
        tests = re.findall(r"`(test_\w+\.py)::(test_\w+)`", promise)
        assert tests, promise
        for file, test in tests:
            assert f"def {test}(" in files[file], (file, test)
