"""One stack for all tests of this folder, which run in the order of their files."""

import time
from collections.abc import Iterator

import pytest

from ledger_project.tests.conftest import temporary_folder
from ledger_project.tests.smoke.stack import Stack, say, stack


@pytest.fixture(scope="package")
def prod() -> Iterator[Stack]:
    start = time.monotonic()
    with temporary_folder() as folder, stack(folder) as made:
        missing = made.up()
        say(f"up from nothing in {time.monotonic() - start:.0f} s, the image's build included")
        for name in missing:
            say(f"NOT RUN: {name}, whose image cannot be had here")
        yield made
