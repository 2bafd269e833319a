"""Tests of every address under /api. The addresses come from the URL configuration, so none can be forgotten."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from ledger_core.api.views import LedgerAPIView
from ledger_core.models import Entry
from ledger_core.tests.conftest import problem_of
from ledger_core.tests.factories import post_body

pytestmark = pytest.mark.django_db

METHODS = ["get", "head", "post"]
OTHERS = ["OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "CONNECT", "PROPFIND", "BREW", "QUERY", "CLIENT"]
_IN_PATH = {"owner_id": "alice", "entry_id": "1", "code": "not-found"}


def _addresses(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Yield each address with its view class. Variable parts are replaced by examples."""
    for pattern in patterns:
        address = prefix + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: _IN_PATH.get(found[1], "1"), str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, address)
        else:
            assert isinstance(pattern, URLPattern)
            yield address, getattr(pattern.callback, "cls", getattr(pattern.callback, "view_class", None))


ADDRESSES = {address: view for address, view in _addresses(get_resolver().url_patterns) if address.startswith("/api/")}
LEDGER_ADDRESSES = [address for address, view in ADDRESSES.items() if issubclass(view, LedgerAPIView)]


def ask(api: Client, method: str, address: str, query: str = "") -> Any:
    body: Any = post_body(owner_id="alice")
    if address.endswith("/batches"):
        body = {"entries": [body]}
    content = {"data": body, "content_type": "application/json"} if method == "post" else {}
    return getattr(api, method)(f"{address}{query}", **content)


def methods_of(address: str) -> list[str]:
    return [method for method in METHODS if hasattr(ADDRESSES[address], "get" if method == "head" else method)]


def test_every_app_has_its_addresses() -> None:
    assert len(LEDGER_ADDRESSES) >= 12
    assert {"/api/docs", "/api/openapi.json", "/api/problems", "/api/problems/not-found"} <= ADDRESSES.keys()


@pytest.mark.parametrize("query", ["dry_run=true", "dry_run", "amount=1&amount=1"])
@pytest.mark.parametrize(("address", "method"), [(a, method) for a in LEDGER_ADDRESSES for method in methods_of(a)])
def test_an_unknown_query_parameter_is_rejected(api: Client, address: str, method: str, query: str) -> None:
    ask(api, "post", "/api/v1/content/ledger")  # so that there is something to read
    before = Entry.objects.count()
    response = ask(api, method, address, f"?{query}")
    assert response.status_code == 400
    if method != "head":
        problem = problem_of(response)
        assert problem["code"] == "invalid-request"
        assert [error["field"] for error in problem["errors"]] == [query.partition("=")[0]]
    assert Entry.objects.count() == before


@pytest.mark.parametrize("address", LEDGER_ADDRESSES)
def test_a_client_without_a_key_learns_nothing_of_its_query(client: Client, address: str) -> None:
    assert problem_of(ask(client, methods_of(address)[0], address, "?dry_run=true"))["code"] == "unauthenticated"


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_other_method_is_a_405_that_names_those_there_are(api: Client, address: str) -> None:
    api.handler.enforce_csrf_checks = True  # servers do this, but Django's test client does not
    allowed = methods_of(address)
    for method in {*OTHERS, *map(str.upper, METHODS)} - {*map(str.upper, allowed)}:
        response = api.generic(method, address)
        assert response.status_code == 405, method
        assert method == "HEAD" or problem_of(response)["code"] == "method-not-allowed"
        assert response["Content-Type"] == "application/problem+json"
        assert response["Allow"] == ", ".join(allowed).upper()


@pytest.mark.parametrize("address", [address for address in ADDRESSES if "head" in methods_of(address)])
def test_head_is_answered_as_get_is(api: Client, address: str) -> None:
    ask(api, "post", "/api/v1/content/ledger")
    get, head = ask(api, "get", address), ask(api, "head", address)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head["Content-Length"] == get["Content-Length"] == str(len(get.content))
    assert head["Content-Type"] == get["Content-Type"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_scripts_on_pages_of_other_origins_cannot_call_it(api: Client, client: Client, address: str) -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    preflight, with_key, request = (
        client.options(address, headers=headers),
        api.options(address),
        ask(api, "get", address),
    )
    assert preflight.status_code == (401 if address in LEDGER_ADDRESSES else 405)
    assert with_key.status_code == 405
    for response in (preflight, with_key, request):
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]
