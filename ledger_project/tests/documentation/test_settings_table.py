"""docs/settings.md holds every setting, and every setting in it does something.

Code, Compose, nginx, make and scripts are compared with it by reading the files. No database.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from ledger_project.tests.conftest import ROOT

# What the code, an image or a script sets for itself; nobody else sets them.
INTERNAL = {"LEDGER_SERVING", "DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR", "PGDATA", "MOMENT"}
READERS = {"text", "integer", "boolean", "duration", "parsed", "secret", "_required", "get"}


class Row(NamedTuple):
    default: str
    meaning: str
    where: frozenset[str]


def table() -> dict[str, Row]:
    text = (ROOT / "docs" / "settings.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.*?) ?\| (.*?) \| (.*?) \|$", text, re.MULTILINE)
    assert len({name for name, *_ in rows}) == len(rows)
    return {
        name: Row(default.strip("`"), meaning, frozenset(where.split(", "))) for name, default, meaning, where in rows
    }


TABLE = table()


def named(where: str) -> set[str]:
    return {name for name, row in TABLE.items() if where in row.where}


class Read(NamedTuple):
    name: str
    default: object


def read_by(file: Path) -> Iterator[Read]:
    """Give each variable that a Python file reads, with its default if that is written there."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield Read(str(getattr(node.slice, "value", "")), None)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            reader = ast.unparse(node.func)
            module, _, function = reader.rpartition(".")
            if function in READERS and module in {"os.environ", "environment", ""}:
                given = [*node.args[1:], *(word.value for word in node.keywords if word.arg == "default")]
                default = given[0].value if given and isinstance(given[0], ast.Constant) else None
                default = None if function == "_required" else default  # that one is of development
                yield Read(str(node.args[0].value), default)
                if function in {"secret", "_required"}:
                    yield Read(str(node.args[0].value) + "_FILE", None)


def read_by_the_service() -> set[Read]:
    files = [*(ROOT / "ledger_project").rglob("*.py"), *(ROOT / "ledger_core").rglob("*.py")]
    files += [ROOT / "deploy" / "gunicorn.conf.py"]
    files = [file for file in files if not {"tests", "benchmarks", "testing.py"} & set(file.parts)]
    return {read for file in files for read in read_by(file) if read.name.isupper() and read.name not in INTERNAL}


COMPOSE = [ROOT / "docker-compose.yml", *sorted((ROOT / "deploy").glob("*.yml"))]
INTERPOLATED = re.compile(r"\$\{(\w+)(?::?([-?])((?:[^{}]|\$\{[^}]*\})*))?\}")


def interpolated() -> dict[str, set[str]]:
    """Return the defaults of each variable that Compose takes from .env; `required` for one without."""
    found: dict[str, set[str]] = {"COMPOSE_FILE": {"docker-compose.yml"}}
    for file in COMPOSE:
        for name, kind, rest in INTERPOLATED.findall(file.read_text()):
            default = "required" if kind == "?" else re.sub(r"\$\{(\w+)[^}]*\}", r"${\1}", rest)
            found.setdefault(name, set()).add(default)
    return found


def set_in_containers() -> set[str]:
    """Return what Compose and the image set in the environment of the service's containers."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].values()
    ours = [service for service in services if service["image"].startswith("shared-ledger:")]
    image = re.findall(r"(\w+)=", " ".join(re.findall(r"^ENV (.*)$", _dockerfile(), re.MULTILINE)))
    return {name for service in ours for name in service["environment"]} | set(image)


def _dockerfile() -> str:
    return (ROOT / "deploy" / "Dockerfile").read_text()


def used_by_shell(*files: Path) -> set[str]:
    """Return the variables that shell scripts use without setting them."""
    text = "\n".join(file.read_text() for file in files)
    used = set(re.findall(r"\$\{?([A-Z][A-Z_]+)\b", re.sub(r"'\\''|(?<!\\)'[^'\n]*'", "", text)))
    return used - set(re.findall(r"^\s*([A-Z_]+)=", text, re.MULTILINE)) - INTERNAL


SCRIPTS = [file for file in (ROOT / "deploy").iterdir() if file.is_file() and file.read_text().startswith("#!")]


def used_by_make() -> set[str]:
    text = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^(?:export )?([A-Z_]+) \?=", text, re.MULTILINE)) | set(
        re.findall(r"\$\(or \$\(([A-Z_]+)\)", text)
    )


def test_what_the_service_reads_is_in_the_table_and_nothing_else_is() -> None:
    assert {read.name for read in read_by_the_service()} == named("service")


def test_what_compose_takes_from_env_is_in_the_table_and_nothing_else_is() -> None:
    assert set(interpolated()) == named(".env")


def test_what_nginx_make_and_scripts_use_is_in_the_table_and_nothing_else_is() -> None:
    assert used_by_shell(ROOT / "nginx" / "limits.sh") == named("nginx")
    assert used_by_make() == named("make")
    assert used_by_shell(*SCRIPTS) == named("scripts")


def test_a_setting_of_the_service_reaches_its_container_unless_the_table_says_otherwise() -> None:
    elsewhere = named("outside Compose") | named("make")
    assert named("service") - set_in_containers() == elsewhere & named("service") - {"LEDGER_ENV"}


def test_what_compose_sets_in_the_service_is_read_there() -> None:
    libraries = {name for name in set_in_containers() if name.startswith(("OTEL_", "PYTHON", "UV_"))} | {"PATH"}
    assert set_in_containers() - libraries <= named("service")


def test_nginx_has_the_rates_of_the_service() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in named("nginx"):
        assert services["nginx"]["environment"][name] == services["ledger"]["environment"][name]


@pytest.mark.parametrize("name", sorted(interpolated()))
def test_compose_has_the_default_of_the_table(name: str) -> None:
    assert interpolated()[name] == {TABLE[name].default}


@pytest.mark.parametrize(
    "read", sorted((r for r in read_by_the_service() if r.default is not None), key=str), ids=lambda read: read.name
)
def test_the_code_has_the_default_of_the_table(read: Read) -> None:
    if isinstance(read.default, bool):
        assert str(int(read.default)) == TABLE[read.name].default
    else:
        assert str(read.default) == TABLE[read.name].default


def test_the_example_of_env_names_settings_and_their_defaults() -> None:
    example = (ROOT / "deploy" / "env.example").read_text()
    for name, value in re.findall(r"\b([A-Z_]{4,})=([^\s,]+)", example):
        assert name in named(".env"), name
        if TABLE[name].default != "required":
            assert value in {TABLE[name].default, "<random>"}


def test_every_required_setting_of_compose_is_in_the_example_or_made() -> None:
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE))
    required = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert required == example - {"SECURE_SSL_REDIRECT"} | {"VERSION"}
