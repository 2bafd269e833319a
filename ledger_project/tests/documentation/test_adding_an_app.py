"""The code of docs/adding-an-app.md, run in a copy of the project."""

import json
import re
from urllib.error import HTTPError

import pytest

from ledger_project.tests.conftest import ROOT, Project, blocks

pytestmark = pytest.mark.acceptance

DOCUMENT = (ROOT / "docs" / "adding-an-app.md").read_text()
NAME = "imaginary"  # this project may have a gaming already


def files() -> dict[str, str]:
    """Return the blocks that begin with the path of a file of the app, by the name of the file."""
    text = DOCUMENT.replace("gaming", NAME).replace("Gaming", NAME.title())
    return {name[1]: block for block in blocks(text, "python") if (name := re.match(rf"# {NAME}/(\w+\.py)\n", block))}


def test_the_app_with_an_error_and_a_view_of_its_own_works(fresh: Project) -> None:
    (expected,) = blocks(DOCUMENT, "json")
    with fresh.app(NAME) as app:
        for name, code in files().items():
            (app / name).write_text(code)
        ruff = fresh.command("-m", "ruff", "check", NAME)
        assert ruff.returncode == 0, ruff.stdout
        with fresh.serve() as service:
            buy = f"/api/v1/{NAME}/purchases"
            service.open(f"/api/v1/{NAME}/ledger", b'{"operation": "LOOT", "owner_id": "alice", "nonce": "1"}').close()
            with pytest.raises(HTTPError) as rejected:
                service.open(buy, b'{"item": "lamp", "owner_id": "alice", "nonce": "lamp-1"}')
            with rejected.value as response:
                problem = json.load(response)
            assert problem | {"request_id": ...} == json.loads(expected) | {"request_id": ...}
            sword = b'{"item": "sword", "owner_id": "alice", "nonce": "sword-1"}'
            for status in (201, 200):
                with service.open(buy, sword) as bought:
                    assert (bought.status, json.load(bought)["balance_after"]) == (status, 2)
            assert service.status(buy, sword, key="ledger_" + "0" * 8 + "_" + "0" * 64) == 401
            assert service.status(buy, b'{"item": "sword"}') == 400
            assert service.status("/api/problems/sold-out") == 200
            assert buy not in service.open("/api/openapi.json").read().decode()


def test_the_code_that_posts_from_python_works(fresh: Project) -> None:
    (posting,) = [block for block in blocks(DOCUMENT, "python") if "post_batch(" in block]
    with fresh.serve() as service:
        first = fresh.command("manage.py", "shell", "-c", posting)
        assert first.stdout.endswith("author has 0 credits, and CONTENT_CREATION × 1 takes 5. 0\n"), first.stderr
        second = fresh.command("manage.py", "shell", "-c", posting)
        assert second.stdout.endswith("5 False\n"), second.stderr
        with service.open("/api/v1/content/ledger/reader/entries") as listed:
            (entry,) = json.load(listed)["entries"]
        assert (entry["client"], entry["balance_after"]) == ("editor", 10)
