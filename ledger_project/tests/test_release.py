"""What a version's tag publishes: release notes from CHANGELOG.md, and the Python client as a package."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from ledger_project.tests.conftest import ROOT, environment

UV = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.0] - 2026-12-24

### Added

- One thing.

## [1.1.0] - 2026-12-01

- Another.

[1.2.0]: https://ledger.example/1.2.0
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in (".ci", "clients/python"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "release-notes", tmp_path / ".ci")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    set_version(tmp_path, "1.2.0", "1.2.0")
    return tmp_path


def set_version(checkout: Path, project: str, client: str) -> None:
    for folder, version in ((".", project), ("clients/python", client)):
        (checkout / folder / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')


def notes(checkout: Path, tag: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(checkout / ".ci" / "release-notes"), tag]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_notes_are_the_section_of_the_version(checkout: Path) -> None:
    assert notes(checkout, "v1.2.0").stdout == "### Added\n\n- One thing.\n"
    set_version(checkout, "1.1.0", "1.1.0")
    assert notes(checkout, "v1.1.0").stdout == "- Another.\n"


@pytest.mark.parametrize(("project", "client"), [("1.2.1", "1.2.0"), ("1.2.0", "1.1.0")])
def test_a_tag_that_is_not_the_version_of_all_fails(checkout: Path, project: str, client: str) -> None:
    set_version(checkout, project, client)
    refused = notes(checkout, "v1.2.0")
    assert refused.returncode == 1
    assert "pyproject.toml has version 1." in refused.stderr


@pytest.mark.parametrize("heading", ["## [Unreleased]", "## [1.2.0]", "## [1.2.0] - soon"])
def test_a_version_without_a_dated_section_fails(checkout: Path, heading: str) -> None:
    (checkout / "CHANGELOG.md").write_text(CHANGELOG.replace("## [1.2.0] - 2026-12-24", heading))
    refused = notes(checkout, "v1.2.0")
    assert (refused.returncode, "CHANGELOG.md has no section" in refused.stderr) == (1, True)


def test_the_project_and_the_client_have_one_version_and_licence() -> None:
    versions = {
        line
        for file in ("pyproject.toml", "clients/python/pyproject.toml")
        for line in (ROOT / file).read_text().splitlines()
        if line.startswith("version = ")
    }
    assert len(versions) == 1
    assert (ROOT / "clients" / "python" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


@pytest.mark.acceptance  # fetches hatchling and the client's dependencies
def test_the_client_can_be_built_installed_and_type_checked(tmp_path: Path) -> None:
    run(UV, "build", "--quiet", "--out-dir", str(tmp_path / "dist"), str(ROOT / "clients" / "python"))
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    (source,) = (tmp_path / "dist").glob("*.tar.gz")
    with ZipFile(wheel) as packed:
        names = set(packed.namelist())
        (metadata,) = [packed.read(name).decode() for name in names if name.endswith("/METADATA")]
    assert "shared_ledger/py.typed" in names
    assert not {name for name in names if "test" in name}
    assert {"License-Expression: MIT", "License-File: LICENSE", "Requires-Python: >=3.11"} <= set(metadata.split("\n"))
    assert "# The Python client of Shared Ledger" in metadata
    with tarfile.open(source) as packed:
        assert any(name.endswith("/LICENSE") for name in packed.getnames())

    python = tmp_path / "venv" / "bin" / "python"
    run(UV, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv"))
    run(UV, "pip", "install", "--quiet", "--python", str(python), str(wheel))
    assert "venv" in run(
        str(python), "-c", "from shared_ledger import Ledger; import shared_ledger as s; print(s.__file__)"
    )


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment(), cwd="/").stdout
