"""Every pinned image has an end of support that somebody has looked up. No database."""

import re
import subprocess
import sys
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from ledger_project.tests.conftest import ROOT

IMAGES: list[dict[str, Any]] = tomllib.loads((ROOT / "deploy" / "support.toml").read_text())["image"]


def images_of_compose(file: Path) -> set[str]:
    services = yaml.safe_load(file.read_text())["services"].values()
    return {service["image"] for service in services if "image" in service and "$" not in service["image"]}


def images_of_workflow(file: Path) -> set[str]:
    """Return what a workflow's jobs name as a service or give to `docker run`, once for each entry of a matrix."""
    found = set(re.findall(r"docker run .*\s([\w./-]+:[\w.-]+)$", file.read_text(), re.MULTILINE))
    for job in yaml.safe_load(file.read_text())["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {})
        for service in job.get("services", {}).values():
            for values in product(*matrix.values()):
                image = service["image"]
                for name, value in zip(matrix, values, strict=True):
                    image = image.replace(f"${{{{ matrix.{name} }}}}", value)
                found.add(image)
    return found


def pinned() -> set[str]:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    compose = [ROOT / "docker-compose.yml", *(ROOT / "deploy").glob("*.yml")]
    workflows = (ROOT / ".github" / "workflows").glob("*.yml")
    scripts = "".join(file.read_text() for file in (ROOT / ".ci").iterdir())
    return {
        *re.findall(r"^FROM (\S+:\S+)", dockerfile, re.MULTILINE),
        *(image for file in compose for image in images_of_compose(file)),
        *(image for file in workflows for image in images_of_workflow(file)),
        *re.findall(r"docker run .*\s([\w./-]+:[\w.-]+)\)$", scripts, re.MULTILINE),
    }


def rows_of(image: str) -> list[dict[str, Any]]:
    name, tag = image.rsplit(":", 1)
    return [row for row in IMAGES if row["name"] == name and re.match(rf"{re.escape(row['cycle'])}(?![0-9])", tag)]


@pytest.mark.parametrize("image", sorted(pinned()))
def test_every_pinned_image_has_one_end_of_support(image: str) -> None:
    assert len(rows_of(image)) == 1


def test_no_row_is_of_an_image_that_nothing_uses() -> None:
    used = [row for image in pinned() for row in rows_of(image)]
    assert [row for row in IMAGES if row not in used] == []


def check(day: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "deploy" / "check_support.py"), day]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_check_warns_a_month_before_and_fails_after() -> None:
    first = min(row["until"] for row in IMAGES)
    line = f"is supported until {first}"
    assert (check("2026-11-26").returncode, check("2026-11-26").stderr) == (0, "")
    assert (check(f"{first}").returncode, line in check(f"{first}").stderr) == (0, True)
    late = check("2099-01-01")
    assert (late.returncode, late.stderr.count("is supported until")) == (1, len(IMAGES))
    assert "pin a newer version" in late.stderr
