"""The layout: each package says what belongs in it; no folder, file or function is too large. No database."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_project.tests.conftest import ROOT

MOST_MODULES, MOST_LINES, MOST_LINES_OF_A_FUNCTION = 12, 300, 70
FILES = sorted(
    path.relative_to(ROOT)
    for package in ("ledger_core", "ledger_project", "content", "ecommerce")
    for path in (ROOT / package).rglob("*.py")
    if "tests" not in path.parts
)
PACKAGES = [path.parent for path in FILES if path.name == "__init__.py" and len(path.parts) > 1]


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("package", [path for path in PACKAGES if path.parts[0].startswith("ledger_")], ids=str)
def test_a_package_says_what_belongs_in_it(package: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text()))


def test_no_folder_has_too_many_modules() -> None:
    sizes = {
        package: sum(path.parent == package and path.name != "__init__.py" for path in FILES) for package in PACKAGES
    }
    assert {package: size for package, size in sizes.items() if size > MOST_MODULES} == {}


def test_no_file_and_no_function_is_too_long() -> None:
    lines = {file: len((ROOT / file).read_text().splitlines()) for file in FILES}
    assert {file: number for file, number in lines.items() if number > MOST_LINES} == {}
    long = {
        f"{file}: {function.name}": length
        for file in FILES
        for function in functions(file)
        if (length := (function.end_lineno or 0) - function.lineno) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


# The private parts of a library are used in one package, which has an upper bound on its version in pyproject.toml.
OF_ONE_PACKAGE = {"gunicorn": "ledger_project/webserver", "psycopg.pq": "ledger_core/postgresql"}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("library", OF_ONE_PACKAGE)
def test_a_library_with_private_parts_is_imported_in_one_package(library: str) -> None:
    users = {file for file in FILES if any(f"{name}.".startswith(f"{library}.") for name in imported(file))}
    assert users
    assert [file for file in users if not file.is_relative_to(OF_ONE_PACKAGE[library])] == []
