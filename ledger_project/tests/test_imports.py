"""The direction of imports: the project knows the apps, the apps know the core, and the apps do not know each other.

Every installed app is held to it without being named anywhere, so import-linter's own contracts, which name packages,
cannot say it. This asks grimp, the library below import-linter.
"""

from collections.abc import Sequence
from pathlib import Path

import grimp
import pytest

from ledger_core.plugins import ledger_apps


def forbidden_imports(apps: Sequence[str]) -> set[str]:
    """Return the imports that go up or sideways, each written as `importer -> imported`."""
    packages = {name.partition(".")[0] for name in apps}
    graph = grimp.build_graph("ledger_project", "ledger_core", *packages, cache_dir=None)
    layers = [grimp.Layer("ledger_project"), grimp.Layer(*apps, independent=True), grimp.Layer("ledger_core")]
    return {
        f"{importer} -> {imported}"
        for dependency in graph.find_illegal_dependencies_for_layers(layers)
        for route in dependency.routes
        for importer in route.heads
        for imported in route.tails
    }


def test_no_installed_app_imports_another_or_the_project_and_the_core_imports_no_app() -> None:
    assert forbidden_imports([app.name for app in ledger_apps()]) == set()


@pytest.mark.parametrize("imported", ["content.operations", "ledger_project.settings"])
def test_an_import_of_a_further_app_is_found(imported: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imaginary").mkdir()
    (tmp_path / "imaginary" / "__init__.py").write_text("import ledger_core.plugins\n")
    (tmp_path / "imaginary" / "ledger.py").write_text(f"import {imported}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = forbidden_imports([*(app.name for app in ledger_apps()), "imaginary"])
    assert f"imaginary.ledger -> {imported}" in found
