"""The documentation: commands are run, code is read, what it names is there. `make docs` checks its links."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import get_commands

from ledger_project.tests.conftest import ROOT, blocks

PAGES = [
    page for pattern in ("*.md", "docs/**/*.md", "deploy/*.md", "clients/*/*.md") for page in sorted(ROOT.glob(pattern))
]
every_page = pytest.mark.parametrize(
    "text", [page.read_text() for page in PAGES], ids=[str(page.relative_to(ROOT)) for page in PAGES]
)
# What comes with use, or is the reader's to make.
FILE = re.compile(
    r"(?!/|\.data/|\.site/|backups/|gaming/|ledger\.example|example\.py|awaited\.py)[\w./-]+(/|\.(py|sql|yml|toml|conf|md|example|json))"
)


@every_page
def test_code_is_of_its_language(text: str) -> None:
    for block in blocks(text, "json"):
        json.loads(block)
    for block in blocks(text, "python"):
        compile(block, "a block", "exec")
    for block in blocks(text, "sh"):
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)


@every_page
def test_targets_and_commands_are_there(text: str) -> None:
    targets = set(re.findall(r"^([a-z.][a-z-]+)(?: \$\(\w+\))?:", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for code in code_of(text):
        for words in re.findall(r"(?:^|[ ;&])make ([^#\n]+)", code, re.MULTILINE):
            named = set(takewhile(re.compile(r"[a-z.][a-z-]*").fullmatch, words.split()))
            assert named <= targets
    assert set(re.findall(r"manage\.py (\w+)", text)) <= get_commands().keys()


@every_page
def test_exports_go_where_git_ignores_them(text: str) -> None:
    written = re.findall(r"manage\.py .*(?:--output|>) (\S+)", "".join(blocks(text, "sh")))
    assert all(file.startswith("backups/") for file in written), written
    assert "/backups/*\n" in (ROOT / ".gitignore").read_text()


@every_page
def test_files_and_tests_are_there(text: str) -> None:
    for code in code_of(text):
        if FILE.fullmatch(code):
            assert found(code), code
        for file, test in re.findall(r"(test_\w+\.py)::(test_\w+)", code):
            assert any(f"def {test}(" in (ROOT / path).read_text() for path in found(file)), test


@every_page
def test_addresses_elsewhere_are_well_formed(text: str) -> None:
    for address in re.findall(r"\]\((\w+:[^)]*)\)|<(\w+:[^>]*)>", text):
        parts = urlsplit("".join(address))
        assert parts.scheme == "https" or parts.netloc in ("localhost:8000", "localhost:8081")
        assert re.fullmatch(r"[\w.:-]+", parts.netloc)


def code_of(text: str) -> Iterator[str]:
    """Yield what stands between backticks, and the blocks of shell."""
    yield from blocks(text, "sh")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose))


def found(name: str) -> set[str]:
    """Return the files and folders of the project whose paths end so."""
    return {path for path in paths() if f"/{path}".endswith(f"/{name}")}


@cache
def paths() -> list[str]:
    every = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") or name in (".ci", ".github")]
        here = Path(folder).relative_to(ROOT)
        every += [str(here / name) for name in files] + [f"{here / name}/" for name in folders]
    return every
