"""`make api-changes` compares docs/openapi.json with an earlier commit's, and fails for what breaks clients."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger_project.tests.conftest import ROOT, environment

Document = dict[str, Any]
TEXT = (ROOT / "docs" / "openapi.json").read_text()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository that has no document at the tag `empty`, the present one on main, and a branch of that."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / ".ci" / "api-changes", tmp_path / ".ci")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "Nothing")
    git(tmp_path, "tag", "empty")
    write(tmp_path, TEXT)
    git(tmp_path, "switch", "--quiet", "--create", "change")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@ledger.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True)


def write(checkout: Path, text: str) -> None:
    (checkout / "docs" / "openapi.json").write_text(text)
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "A document")


def compare(checkout: Path, base: str = "main", **changes: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [checkout / ".ci" / "api-changes", base],
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="session")
def oasdiff() -> None:
    """Skip the test if neither oasdiff nor its image is available."""
    image = re.findall(r"tufin/oasdiff:\S+(?=\))", (ROOT / ".ci" / "api-changes").read_text())[0]
    if not shutil.which("oasdiff") and subprocess.run(["docker", "pull", "--quiet", image], check=False).returncode:
        pytest.skip("oasdiff is not installed, and its image is not available")


def with_tool(folder: Path, script: str) -> str:
    """Return a PATH where oasdiff is that script."""
    tool = folder / "oasdiff"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize("status", [0, 1])
def test_the_document_where_the_branch_began_is_compared_with_the_present_one(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, status: int
) -> None:
    write(checkout, "on the branch")
    git(checkout, "switch", "--quiet", "main")
    write(checkout, "on main, since")
    git(checkout, "switch", "--quiet", "change")
    path = with_tool(tmp_path_factory.mktemp("bin"), f'echo "$1 $2 $3"; cat "$4"; cat "$5"; exit {status}')
    compared = compare(checkout, PATH=path)
    assert compared.returncode == status
    assert compared.stdout == f"breaking --fail-on ERR\n{TEXT}on the branch"


def test_a_base_without_a_document_has_nothing_to_compare_with(checkout: Path) -> None:
    compared = compare(checkout, base="empty")
    assert (compared.returncode, "nothing to compare with" in compared.stdout) == (0, True)


def test_a_base_that_does_not_exist_is_an_error(checkout: Path) -> None:
    assert compare(checkout, base="origin/main").returncode != 0


def remove_field(document: Document) -> None:
    entry = document["components"]["schemas"]["EntryDocument"]
    del entry["properties"]["balance_after"]
    entry["required"].remove("balance_after")


def require_field(document: Document) -> None:
    request = document["components"]["schemas"]["ContentPostRequest"]
    request["properties"]["reason"] = {"type": "string"}
    request["required"].append("reason")


def remove_value(document: Document) -> None:
    document["components"]["schemas"]["ContentPostRequest"]["properties"]["operation"]["enum"].remove("CONTENT_ACCESS")


def remove_path(document: Document) -> None:
    del document["paths"]["/api/v1/content/ledger/{owner_id}"]


def narrow(document: Document) -> None:
    document["components"]["schemas"]["ContentPostRequest"]["properties"]["amount"]["maximum"] = 1000


def accept_field(document: Document) -> None:
    document["components"]["schemas"]["ContentPostRequest"]["properties"]["reason"] = {"type": "string"}


def return_field(document: Document) -> None:
    document["components"]["schemas"]["EntryDocument"]["properties"]["reason"] = {"type": "string"}


def add_path(document: Document) -> None:
    document["paths"]["/api/v1/gaming/ledger"] = document["paths"]["/api/v1/content/ledger"]


def change_nothing(document: Document) -> None:
    pass


@pytest.mark.smoke
@pytest.mark.usefixtures("oasdiff")
@pytest.mark.parametrize("change", [remove_field, require_field, remove_value, remove_path, narrow])
def test_what_breaks_clients_fails(checkout: Path, change: Callable[[Document], None]) -> None:
    assert changed(checkout, change).returncode == 1


@pytest.mark.smoke
@pytest.mark.usefixtures("oasdiff")
@pytest.mark.parametrize("change", [accept_field, return_field, add_path, change_nothing])
def test_what_clients_can_ignore_passes(checkout: Path, change: Callable[[Document], None]) -> None:
    assert changed(checkout, change).returncode == 0


def changed(checkout: Path, change: Callable[[Document], None]) -> "subprocess.CompletedProcess[str]":
    document = json.loads(TEXT)
    change(document)
    write(checkout, json.dumps(document) + "\n")
    return compare(checkout)
