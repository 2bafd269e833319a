"""The scripts of backups, with a program in the place of Docker. `make smoke` runs them with Docker."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from ledger_project.tests.conftest import ROOT

DOCKER = """#!/usr/bin/env bash
[[ $* == "compose --profile prod exec -T postgres "* ]] || exit 3
shift 6
[[ -n ${AWAY:-} ]] && { echo "service \\"postgres\\" is not running" >&2; exit 1; }
[[ $1 == true ]] && exit
echo "what $1 wrote"
exit "${CODE:-0}"
"""
BACKUPS = {
    "backup": (r"backups/ledger-\d{8}T\d{6}Z\.dump", "what pg_dump wrote\n"),
    "base-backup": (r"backups/base-\d{8}T\d{6}Z\.tar\.gz", "what pg_basebackup wrote\n"),
}
every_script = pytest.mark.parametrize("script", BACKUPS)


def run(script: str, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    (folder / "deploy").symlink_to(ROOT / "deploy")
    (folder / "docker").write_text(DOCKER)
    (folder / "docker").chmod(0o755)
    return subprocess.run(
        [f"deploy/{script}"],
        cwd=folder,
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"} | changes,
        capture_output=True,
        text=True,
        check=False,
    )


@every_script
def test_a_backup_is_a_file_that_only_its_user_reads(tmp_path: Path, script: str) -> None:
    done = run(script, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    name, content = BACKUPS[script]
    assert re.fullmatch(f"{name}\n", done.stdout)
    (file,) = (tmp_path / "backups").iterdir()
    assert (str(file.relative_to(tmp_path)), file.read_text()) == (done.stdout.strip(), content)
    assert file.stat().st_mode & 0o777 == 0o600


@every_script
def test_a_backup_that_fails_leaves_no_file(tmp_path: Path, script: str) -> None:
    done = run(script, tmp_path, CODE="7")
    assert (done.returncode, done.stdout) == (7, "")
    assert list((tmp_path / "backups").iterdir()) == []


@every_script
def test_without_a_database_it_says_what_docker_says_and_what_to_do(tmp_path: Path, script: str) -> None:
    done = run(script, tmp_path, AWAY="1")
    assert (done.returncode, done.stdout) == (1, "")
    reason, remedy = done.stderr.splitlines()
    assert reason == 'service "postgres" is not running'
    assert "make up-prod" in remedy
    assert not (tmp_path / "backups").exists()
