"""A newcomer's way through the documentation: the pages one after the other, on one ledger of `make run`.

Each block is run in a new shell, which has only the variables that an earlier block of the page has set. A block of
JSON or text is compared with what the block of shell right before it has printed; a block of Python that begins with
the name of a file is saved there.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ledger_project.tests.conftest import ROOT, Project, Service, environment, free_port, fresh_shell, wait_for
from ledger_project.tests.documentation.test_readme import VOLATILE

pytestmark = pytest.mark.acceptance

PAGES = {
    "README.md": 3,
    "docs/tutorial.md": 11,
    "docs/api.md": 8,
    "docs/holds.md": 8,
    "docs/lots.md": 3,
    "clients/python/README.md": 3,
}
# Ids of other entries, and a time in the future.
OTHER_IDS = {"reverses", "batch", "hold", "transfer", "lot", "expires_on"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")  # a nonce that the ledger chose
# What needs Docker or runs the tests; an app that is added has a test of its own.
ELSEWHERE = re.compile(r"make |\.venv/bin/python manage.py startledgerapp")


@dataclass
class Newcomer:
    """Somebody who reads a page with a terminal beside it."""

    folder: Path
    url: str
    variables: str = ""
    said: str | None = None
    compared: list[str] = field(default_factory=list)

    def sh(self, block: str) -> None:
        if ELSEWHERE.match(block):
            self.said = None
            return
        names = " ".join(re.findall(r"^([A-Z]+)=", block, re.MULTILINE))
        keep = f"\ndeclare -p {names} >.set" if names else ""
        script = f"{self.variables}\n{block.replace('http://localhost:8000', self.url)}{keep}"
        self.said = fresh_shell(script, self.folder).stdout
        if names:
            self.variables += (self.folder / ".set").read_text()

    def python(self, block: str) -> None:
        if name := re.match(r"# (\w+\.py)\n", block):
            (self.folder / name[1]).write_text(block.replace("http://localhost:8000", self.url))

    def json(self, block: str) -> None:
        if self.said is not None:
            assert steady(json.loads(self.said)) == steady(json.loads(block))
            self.compared.append("json")

    def text(self, block: str) -> None:
        if self.said is not None:
            # verifyledger counts what earlier pages have posted, too.
            expected, said = (re.sub(r"\d+ (entr|account)(y|ies|s|)\b", r"N \1", it) for it in (block, self.said))
            assert said.replace("\r", "") == expected
            self.compared.append("text")


def steady(document: Any) -> Any:
    """Return the document with what differs from ledger to ledger blanked out."""
    if isinstance(document, dict):
        return {
            name: ... if name in VOLATILE or (name in OTHER_IDS and value) else steady(value)
            for name, value in document.items()
        }
    if isinstance(document, list):
        return [steady(item) for item in document]
    if isinstance(document, str):
        return UUID.sub("UUID", re.sub(r"entry \d+", "entry N", document))
    return document


@pytest.fixture
def served(fresh: Project) -> Iterator[Service]:
    """The ledger of a `make run` in another terminal."""
    port = free_port()
    log = fresh.folder / "make-run.log"
    with log.open("w") as output:
        command = ["make", "run", f"PORT={port}"]
        process = subprocess.Popen(
            command,
            cwd=fresh.folder,
            env=environment(),
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
        )
    service = Service(process, port, log)
    try:
        wait_for(lambda: "Try these" in log.read_text() or process.poll() is not None, seconds=120)
        service.wait_until_it_answers()
        yield service
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)


def test_the_pages_do_as_they_say_one_after_the_other(fresh: Project, served: Service) -> None:
    pasted = served.log.read_text().partition("Try these commands:")[2].partition("[")[0]
    assert fresh_shell(pasted, fresh.folder).stdout.count("guest") == 3
    for page, compared in PAGES.items():
        newcomer = Newcomer(fresh.folder, served.url)
        for language, block in re.findall(
            r"^```(\w+)\n(.*?)^```$", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE
        ):
            getattr(newcomer, language)(block)
            if language in ("json", "text"):
                newcomer.said = None
        assert len(newcomer.compared) == compared, page
