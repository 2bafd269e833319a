"""System checks: a plugin's mistakes, found at start-up. No database."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.checks import Error

from ledger_core.api.problems import checks as error_checks
from ledger_core.api.urls import ledger_urls
from ledger_core.operations import Operation, OperationSet, Plain, Reversal
from ledger_core.plugins import LedgerApp, checks
from ledger_core.tests.imaginary import CHESS, ImaginaryOperation

# With the name that docs/adding-an-app.md uses.
GAMING = OperationSet("gaming", ImaginaryOperation)


class ClashingOperation(Operation):
    CREDIT_ADD = Plain(+1, "Has the name of a shared one.")


class MisnamedOperation(Operation):
    loot = Plain(+1, "Not in capitals.")


class NoOperation(Operation):
    pass


def plugin(app_label: str, app_operations: Any = None, app_namespace: str = "") -> LedgerApp:
    class App(LedgerApp):
        name = app_label
        path = "."
        namespace = app_namespace
        if app_operations is not None:
            operations = app_operations

    return App(app_label, ModuleType(app_label))


def serve(monkeypatch: pytest.MonkeyPatch, app: LedgerApp, operations: Any) -> None:
    urls = ModuleType("urls")
    vars(urls)["urlpatterns"] = ledger_urls(operations) if isinstance(operations, OperationSet) else []
    monkeypatch.setitem(sys.modules, f"{app.name}.urls", urls)


def found(monkeypatch: pytest.MonkeyPatch, *plugins: LedgerApp) -> list[str | None]:
    monkeypatch.setattr(checks, "ledger_apps", lambda: iter(plugins))
    for app in plugins:
        serve(monkeypatch, app, getattr(app, "operations", None))
    messages = checks.check_plugins()
    assert all(isinstance(message, Error) and message.hint for message in messages)
    return [message.id for message in messages]


def test_the_installed_apps_have_no_mistakes() -> None:
    assert checks.check_plugins() == []


def test_a_plugin_without_mistakes_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, plugin("gaming", GAMING)) == []


def test_two_apps_with_one_namespace_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    chess = OperationSet("chess", ImaginaryOperation)
    assert found(monkeypatch, plugin("gaming", GAMING), plugin("chess", chess, "gaming")) == ["ledger_core.E001"]


def test_two_apps_that_post_under_one_label_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = found(monkeypatch, plugin("gaming", GAMING), plugin("chess", GAMING))
    assert ids == ["ledger_core.E002", "ledger_core.E004"]


@pytest.mark.parametrize("operations", [None, "CREDIT_ADD", OperationSet("gaming", NoOperation)])
def test_an_app_without_operations_is_found(monkeypatch: pytest.MonkeyPatch, operations: object) -> None:
    assert found(monkeypatch, plugin("gaming", operations)) == ["ledger_core.E003"]


def test_an_app_that_posts_as_another_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, plugin("chess", GAMING)) == ["ledger_core.E004"]


def test_an_operation_with_a_shared_code_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    operations = OperationSet("gaming", ClashingOperation)
    assert found(monkeypatch, plugin("gaming", operations)) == ["ledger_core.E005"]


def test_a_name_that_is_no_code_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    operations = OperationSet("gaming", MisnamedOperation)
    assert found(monkeypatch, plugin("gaming", operations)) == ["ledger_core.E006"]


@pytest.mark.parametrize("namespace", ["a/b", "Gaming", "a b", "ä"])
def test_a_namespace_that_fits_no_url_is_found(monkeypatch: pytest.MonkeyPatch, namespace: str) -> None:
    assert found(monkeypatch, plugin("gaming", GAMING, namespace)) == ["ledger_core.E007"]


class ForeignReversalOperation(Operation):
    RETURN = Reversal(ImaginaryOperation.DUEL.kind, "Of another app's operation.")


def test_a_reversal_of_what_is_not_of_its_class_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, plugin("shop", OperationSet("shop", ForeignReversalOperation))) == ["ledger_core.E008"]


class AliasOperation(Operation):
    LOOT = Plain(+7, "Found.")
    TREASURE = LOOT


def test_two_names_of_one_operation_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, plugin("gaming", OperationSet("gaming", AliasOperation))) == ["ledger_core.E010"]


def test_addresses_that_post_another_apps_operations_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    app = plugin("gaming", GAMING)
    monkeypatch.setattr(checks, "ledger_apps", lambda: iter([app]))
    serve(monkeypatch, app, CHESS)
    assert [message.id for message in checks.check_plugins()] == ["ledger_core.E011"]


DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "adding-an-app.md"
SHOP = plugin("shop", OperationSet("shop", ImaginaryOperation))
MISTAKES: dict[str, tuple[LedgerApp, ...]] = {
    "ledger_core.E001": (plugin("gaming", GAMING), plugin("shop", SHOP.operations, "gaming")),
    "ledger_core.E002": (plugin("gaming", GAMING), plugin("shop", GAMING)),
    "ledger_core.E003": (plugin("gaming"),),
    "ledger_core.E004": (plugin("gaming", SHOP.operations),),
    "ledger_core.E005": (plugin("gaming", OperationSet("gaming", ClashingOperation)),),
    "ledger_core.E006": (plugin("gaming", OperationSet("gaming", MisnamedOperation)),),
    "ledger_core.E007": (plugin("gaming", GAMING, "a/b"),),
    "ledger_core.E008": (plugin("gaming", OperationSet("gaming", ForeignReversalOperation)),),
    "ledger_core.E010": (plugin("gaming", OperationSet("gaming", AliasOperation)),),
}


@pytest.mark.parametrize("id_", MISTAKES)
def test_the_document_for_authors_has_the_message(monkeypatch: pytest.MonkeyPatch, id_: str) -> None:
    found(monkeypatch, *MISTAKES[id_])
    (message,) = [message for message in checks.check_plugins() if message.id == id_]
    assert f"| `{id_}` | {message.msg} | {message.hint} |" in DOCUMENT.read_text()


def test_the_document_has_every_check() -> None:
    files = [Path(checks.__file__), Path(error_checks.__file__)]
    ids = {id_ for file in files for id_ in re.findall(r"ledger_core\.E\d+", file.read_text())}
    assert set(re.findall(r"^\| `(ledger_core\.E\d+)`", DOCUMENT.read_text(), re.MULTILINE)) == ids
