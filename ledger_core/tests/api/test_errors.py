"""The registry of errors, and the errors that apps declare. No database."""

import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.checks import Error
from django.test import Client

import ledger_core
from ledger_core.api import views
from ledger_core.api.documentation.rendered import RenderedView
from ledger_core.api.problems import checks
from ledger_core.api.problems.registry import CORE_ERRORS, errors
from ledger_core.api.problems.types import Problem
from ledger_core.errors import LedgerError, Registry, ReusedCode
from ledger_core.plugins import LedgerApp
from ledger_core.tests.conftest import Post
from ledger_core.tests.factories import post_body

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "adding-an-app.md"


class SoldOut(LedgerError):
    """The item is sold out."""

    code = "sold-out"
    status = 410
    title = "The item is sold out"
    remedy = "Choose another item."
    members = {"item": "lamp"}


class SoldOutToo(LedgerError):
    """Another class has this code."""

    code = "sold-out"
    status = 409
    title = "The item is sold out"
    remedy = "Choose another item."


class LikeOneOfTheCore(SoldOut):
    """A class of the core has this code."""

    code = "invalid-request"


class Incomplete(LedgerError):
    code = "Sold out"
    status = 200


class WithTheStatus(SoldOut):
    """A member would replace the status of the response."""

    code = "with-the-status"
    members = {"status": 200}


class OfWrongTypes(SoldOut):
    """A code that is no text, and a status that is no number."""

    code = 5  # type: ignore[assignment]
    status = "410"  # type: ignore[assignment]


def declare(monkeypatch: pytest.MonkeyPatch, *kinds: type[LedgerError]) -> LedgerApp:
    app = apps.get_app_config("content")
    assert isinstance(app, LedgerApp)
    monkeypatch.setattr(type(app), "errors", kinds)
    return app


def messages() -> list[tuple[str | None, str, str]]:
    found = checks.check_errors()
    assert all(isinstance(message, Error) for message in found)
    return [(message.id, message.msg, str(message.hint)) for message in found]


def every_kind(kind: type[LedgerError] = LedgerError) -> Iterator[type[LedgerError]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from every_kind(subclass)


def test_a_code_belongs_to_one_class() -> None:
    registry = Registry()
    registry.register(SoldOut)
    registry.register(SoldOut)
    with pytest.raises(ReusedCode, match=r"test_errors\.SoldOutToo has the code 'sold-out' of .*\.SoldOut$"):
        registry.register(SoldOutToo)
    assert registry.get("sold-out") is SoldOut
    assert list(registry) == [SoldOut]
    assert registry.get("none") is None


def test_every_error_of_the_core_is_listed() -> None:
    for module in pkgutil.walk_packages(ledger_core.__path__, "ledger_core."):
        if ".tests" not in module.name and ".migrations" not in module.name:
            import_module(module.name)
    of_the_core = {
        kind for kind in every_kind() if kind.__module__.startswith("ledger_core.") and ".tests." not in kind.__module__
    }
    assert set(CORE_ERRORS) == of_the_core
    assert len(CORE_ERRORS) == len(of_the_core)


def test_problem_documents_have_every_member_of_the_cores_errors() -> None:
    assert {name for kind in CORE_ERRORS for name in kind.members} < set(Problem.__struct_fields__)


def test_a_process_that_loads_only_the_addresses_has_every_error() -> None:
    script = (
        "import django; django.setup()\n"
        "import ledger_project.urls\n"
        "from ledger_core.api.problems.registry import errors\n"
        "print(*[kind.code for kind in errors()])"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "ledger_project.settings", "LEDGER_ENV": "development"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [kind.code for kind in errors()]


def test_the_installed_apps_declare_their_errors_without_mistakes() -> None:
    assert messages() == []


@pytest.mark.parametrize(
    ("kinds", "id_"),
    [
        ((SoldOut, SoldOutToo), "E012"),
        ((LikeOneOfTheCore,), "E012"),
        ((Incomplete,), "E013"),
        ((OfWrongTypes,), "E013"),
        ((WithTheStatus,), "E013"),
        ((ValueError,), "E014"),
    ],
)
def test_a_mistake_in_the_errors_of_an_app_is_found(
    monkeypatch: pytest.MonkeyPatch, kinds: tuple[type[LedgerError], ...], id_: str
) -> None:
    declare(monkeypatch, *kinds)
    assert [message[0] for message in messages()] == [f"ledger_core.{id_}"]


@pytest.mark.parametrize("kinds", [(SoldOut, SoldOutToo), (Incomplete,)])
def test_the_document_for_authors_has_the_message(
    monkeypatch: pytest.MonkeyPatch, kinds: tuple[type[LedgerError], ...]
) -> None:
    declare(monkeypatch, *kinds)
    for kind in kinds:
        monkeypatch.setattr(kind, "__module__", "gaming.errors")
    ((id_, message, hint),) = messages()
    assert f"| `{id_}` | {message.replace('content', 'gaming')} | {hint} |" in DOCUMENT.read_text()


@pytest.fixture
def sold_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An app that declares an error of its own."""
    monkeypatch.setattr(RenderedView, "_rendered", {})
    declare(monkeypatch, SoldOut)
    errors.cache_clear()
    yield
    errors.cache_clear()


@pytest.mark.usefixtures("sold_out")
def test_the_error_of_an_app_has_a_page(client: Client) -> None:
    text = client.get("/api/problems/sold-out").content.decode()
    for part in ("The item is sold out", "410 Gone", "Choose another item.", "lamp"):
        assert part in text
    assert "/api/problems/sold-out" in client.get("/api/problems").content.decode()


@pytest.mark.usefixtures("sold_out")
def test_the_error_of_an_app_is_in_its_document_and_in_no_other(client: Client) -> None:
    paths: dict[str, Any] = json.loads(client.get("/api/openapi.json").content)["paths"]
    responses = {path: methods["post"]["responses"] for path, methods in paths.items() if "post" in methods}
    assert {path for path, of_path in responses.items() if "410" in of_path} == {
        "/api/v1/content/ledger",
        "/api/v1/content/batches",
        "/api/v1/content/holds",
        "/api/v1/content/holds/{hold_id}/capture",
        "/api/v1/content/holds/{hold_id}/release",
    }
    added = responses["/api/v1/content/ledger"]["410"]
    assert added["description"] == "[The item is sold out](/api/problems/sold-out)"
    assert added["headers"].keys() == responses["/api/v1/content/ledger"]["401"]["headers"].keys()
    assert added["content"]["application/problem+json"]["examples"].keys() == {"sold-out"}


@pytest.mark.django_db
@pytest.mark.usefixtures("sold_out")
def test_the_error_of_an_app_is_returned_with_its_own_members(post_json: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def post(*_: Any, **__: Any) -> None:
        raise SoldOut("The lamp is sold out.", item="lamp")

    monkeypatch.setattr(views, "post_item", post)
    response = post_json(post_body())
    problem = json.loads(response.content)
    assert (response.status_code, problem["code"], problem["item"]) == (410, "sold-out", "lamp")
    assert problem["type"] == "/api/problems/sold-out"


def test_data_cannot_replace_what_every_problem_document_has() -> None:
    with pytest.raises(TypeError, match="status"):
        SoldOut("The lamp is sold out.", status=200)
