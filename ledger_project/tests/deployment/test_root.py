"""`make run` as root: PostgreSQL refuses root, so it runs as another user, and no folder's permissions change."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_project.development.embedded import _package
from ledger_project.tests.conftest import environment

pytestmark = [pytest.mark.acceptance, pytest.mark.skipif(os.geteuid() != 0, reason="only root can run these")]

QUERY = (
    "import sys, pathlib; from psycopg import connect\n"
    "from ledger_project.development.embedded import EmbeddedPostgres as E\n"
    "with E(pathlib.Path(sys.argv[1])) as url: print(connect(url).execute('SELECT 1').fetchone())"
)


@pytest.fixture
def closed(folder: Path) -> Iterator[Path]:
    """A folder that only root can pass, below one that everybody can, as /root/projects is, with the programs in it."""
    folder.chmod(0o755)
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    package = _package()
    for part in package.parent.glob(f"{package.name}*"):
        shutil.copytree(part, closed / part.name, symlinks=True)
    yield closed
    assert closed.stat().st_mode & 0o777 == 0o700


def query(closed: Path, *without: str) -> "subprocess.CompletedProcess[str]":
    """Ask an embedded PostgreSQL in the folder, as a root that lacks these capabilities."""
    bounding = f"--bounding-set={','.join(f'-{name}' for name in without)}" if without else "--bounding-set=+all"
    return subprocess.run(
        ["setpriv", bounding, sys.executable, "-c", QUERY, str(closed / ".data" / "postgres")],
        env=environment(PYTHONPATH=f"{closed}:{Path.cwd()}"),
        capture_output=True,
        text=True,
        check=False,
    )


def modes(folder: Path) -> list[int]:
    return [part.stat().st_mode for part in (folder, *folder.parents)]


@pytest.mark.parametrize("without", [[], ["dac_read_search"]], ids=["on a machine", "in Docker"])
def test_it_runs_below_a_closed_folder_and_changes_no_permission_and_finds_its_data_again(
    closed: Path, without: list[str]
) -> None:
    before = modes(closed), modes(Path(sys.prefix))
    for _ in range(2):
        done = query(closed, *without)
        assert done.stdout == "(1,)\n", done.stderr
    assert (modes(closed), modes(Path(sys.prefix))) == before


def test_where_the_other_user_cannot_reach_it_there_is_one_line(closed: Path) -> None:
    done = query(closed, "dac_read_search", "dac_override")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "Run this command as another user" in done.stderr
