"""schemathesis against the whole service: every check, both documents, and keys of every scope."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from ledger_core.operations import Scope
from ledger_project.tests.conftest import ROOT, Project

pytestmark = pytest.mark.service

CONFIG = Path(__file__).with_name("schemathesis.toml")
KEYS = {"every scope": list(Scope), **{scope.value: [scope] for scope in Scope}}


@pytest.mark.parametrize(
    ("examples", "keys"),
    [
        pytest.param(4, ["every scope", Scope.READ], marks=pytest.mark.acceptance),
        pytest.param(1000, list(KEYS), marks=pytest.mark.fuzz),
    ],
)
def test_nothing_that_a_caller_sends_is_answered_otherwise_than_described(
    fresh: Project, examples: int, keys: list[str]
) -> None:
    with fresh.serve(LEDGER_RATE_LIMIT="off", LEDGER_ADDRESS_RATE_LIMIT="off") as service:
        for app in ("content", "ecommerce"):
            for name in keys:
                may = [f"--scope={scope}" for scope in KEYS[name]]
                made = fresh.command("manage.py", "ledgerclient", "create", f"{app}, {name}", f"--app={app}", *may)
                document = f"{service.url}/api/v1/{app}/openapi.json"
                said = schemathesis(document, made.stdout.strip(), examples)
                (cases,) = re.findall(r"(\d+) generated", said)
                print(f"\n{app}, key of {name}: {cases} cases")  # noqa: T201
        with urlopen(f"{service.url}/metrics") as metrics:
            assert not re.search(r'^ledger_http_request_seconds_count{.*status="5', metrics.read().decode(), re.M)
        checked = fresh.command("manage.py", "verifyledger")
    assert "no fault" in checked.stdout, checked.stderr


def schemathesis(document: str, key: str, examples: int) -> str:
    """Return what schemathesis has said, once it has found nothing."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", document]
    options = ["--header", f"Authorization: Bearer {key}", "--checks", "all", "--no-color"]
    done = subprocess.run(
        [*command, *options, f"--max-examples={examples}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
