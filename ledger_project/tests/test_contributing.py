"""What CONTRIBUTING.md and the files beside it say to contributors. test_docs.py checks that its commands exist."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from ledger_project.tests.conftest import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
TYPOS = [str(Path(sys.prefix) / "bin" / "typos"), "--config", str(ROOT / "pyproject.toml"), "-"]


def spelling_of(text: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(TYPOS, input=text, capture_output=True, text=True, check=False)


MISSPELT = ["A balence.", "# it recieves", "def reqeust_of(): ...", "key = 'databse'"]  # typos: ignore


@pytest.mark.parametrize("text", MISSPELT)
def test_a_misspelling_fails(text: str) -> None:
    assert spelling_of(text).returncode == 2


def test_british_and_american_spelling_pass() -> None:
    assert spelling_of("The licence of a colour; to license a color; a catalogue").returncode == 0


def test_hidden_folders_are_spell_checked() -> None:
    listed = subprocess.run([TYPOS[0], "--files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"./.github/workflows/ci.yml", "./.ci/run", "./Makefile", "./CONTRIBUTING.md"} <= set(listed.splitlines())


def test_every_kind_of_test_that_make_test_leaves_out_is_in_the_table() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["addopts"]
    kinds = re.findall(r"not (\w+)", options)
    assert kinds
    for kind in kinds:
        assert f"| `make {kind}` |" in CONTRIBUTING


def test_the_number_of_packages_is_what_make_install_says() -> None:
    (said,) = re.findall(r"all (\d+ packages) \((\d+ MB)\)", MAKEFILE)
    assert f"{said[0]}, {said[1]}" in CONTRIBUTING


def test_the_label_that_allows_a_breaking_change_is_the_one_of_the_workflow() -> None:
    (label,) = re.findall(r"labels\.\*\.name, '(.+?)'", (ROOT / ".github" / "workflows" / "api.yml").read_text())
    assert f"*{label}*" in CONTRIBUTING


def test_each_hook_is_a_make_target_that_make_check_runs() -> None:
    (check,) = re.findall(r"^check: (.*) ##", MAKEFILE, re.MULTILINE)
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repository["hooks"]:
        make, target = hook["entry"].split()
        assert make == "make"
        assert target in check.split() or target == "unit"  # a part of `make test`


def test_the_bug_form_leads_reports_of_vulnerabilities_elsewhere() -> None:
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "bug_report.yml").read_text())
    assert "SECURITY.md" in form["body"][0]["attributes"]["value"]
