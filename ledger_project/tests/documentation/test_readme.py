"""The README's commands and examples, run."""

import json
import re
from typing import Any

import pytest

from ledger_project.tests.conftest import ROOT, Project, blocks, fresh_shell
from ledger_project.tests.development.test_serve import bash

pytestmark = pytest.mark.acceptance

README = (ROOT / "README.md").read_text()
VOLATILE = {"id", "created_on", "updated_on", "hash", "request_id"}


def same(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in VOLATILE}


def test_the_curl_lines_answer_as_the_readme_says(fresh: Project) -> None:
    examples = re.findall(r"^```(sh|json)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    answers: list[dict[str, Any]] = []
    compared = 0
    (key,) = [block.replace(".data", f"{fresh.data.parent}") for block in blocks(README, "sh") if "KEY=" in block]
    with fresh.serve() as service:
        for language, block in examples:
            if language == "json":
                assert same(answers[-1]) == same(json.loads(block))
                assert answers[-1].keys() == json.loads(block).keys()
                compared += 1
            elif block.startswith("curl"):
                answers.append(json.loads(bash(key + block.replace("http://localhost:8000", service.url))))
    assert compared == 3
    listed = dict(re.findall(r"^\| `(\w+)` .* \| (.+?) \|$", README, re.M))
    for operation in answers[-1]["operations"]:
        value = listed[operation["operation"]]
        assert operation["value"] == (None if operation["reversed_operation"] else int(value.replace("−", "-")))


def test_the_commands_that_check_the_books_work(fresh: Project) -> None:
    (block,) = [block for block in blocks(README, "sh") if "verifyledger" in block]
    with fresh.serve() as service:
        body = b'{"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "1"}'
        service.open("/api/v1/content/ledger", body).close()
        said = fresh_shell(block, fresh.folder).stdout
    assert "Verified 1 entry of 1 account: no faults." in said
    assert "all balances" in said
    assert (fresh.folder / "backups/ledger.jsonl").read_text().count("\n") == 1
    assert "owners:alice" in (fresh.folder / "backups/ledger.journal").read_text()


def test_an_export_is_restored_as_the_documentation_says(fresh: Project) -> None:
    (block,) = [block for block in blocks((ROOT / "docs/running.md").read_text(), "sh") if "importledger" in block]
    export, stop, restore = block.partition("# Stop make run.")
    assert stop
    with fresh.serve() as service:
        body = b'{"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "1"}'
        service.open("/api/v1/content/ledger", body).close()
        fresh_shell(export, fresh.folder)
    assert "Verified 1 entry of 1 account: no faults." in fresh_shell(stop + restore, fresh.folder).stdout


def test_the_app_of_the_readme_works(fresh: Project) -> None:
    (command,) = [block for block in blocks(README, "sh") if "startledgerapp" in block]
    assert command.split() == [".venv/bin/python", "manage.py", "startledgerapp", "gaming"]
    (operations,) = blocks(README, "python")
    with fresh.app("imaginary") as app:  # this project may have a gaming already
        (app / "operations.py").write_text(operations.replace("gaming", "imaginary").replace("Gaming", "Imaginary"))
        with fresh.serve() as service:
            body = b'{"operation": "LOOT", "owner_id": "alice", "nonce": "1"}'
            with service.open("/api/v1/imaginary/ledger", body) as posted:
                assert json.load(posted)["balance_after"] == 7
            assert "/api/v1/imaginary/ledger" in bash(f"curl -s {service.url}/api/openapi.json")


def test_every_target_and_file_that_it_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make ([a-z]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link
