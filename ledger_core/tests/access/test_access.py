"""Every endpoint, with every kind of key that it must reject, and with the scopes that it needs."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ledger_core.access import clients, keys
from ledger_core.models import Entry, Key
from ledger_core.operations import Scope
from ledger_core.posting import post
from ledger_core.tests.conftest import problem_of
from ledger_core.tests.imaginary import ADD, IMAGINARY

pytestmark = pytest.mark.django_db

READ, READ_ALL, POST, MINT = Scope
ADDED = {"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "1"}
SPENT = {"operation": "CREDIT_SPEND", "owner_id": "alice", "nonce": "2"}
# The method, the path within an app, the body, and the scope that it needs.
ENDPOINTS = [
    ("GET", "ledger/alice", None, READ),
    ("GET", "ledger/alice?at=2026-01-01T00:00:00Z", None, READ),
    ("GET", "ledger/alice/entries", None, READ),
    ("GET", "entries", None, READ),
    ("GET", "entries/1", None, READ),
    ("GET", "operations", None, READ),
    ("GET", "ledger/alice/holds", None, READ),
    ("GET", "ledger/alice/lots", None, READ),
    ("GET", "ledger/alice/explanation", None, READ),
    ("GET", "holds/1", None, READ),
    ("POST", "holds", SPENT, POST),
    ("POST", "holds/1/capture", {"nonce": "3"}, POST),
    ("POST", "holds/1/release", {"nonce": "3"}, POST),
    ("POST", "ledger", ADDED, MINT),
    ("POST", "ledger", SPENT, POST),
    ("POST", "batches", {"entries": [ADDED]}, MINT),
    ("POST", "batches", {"entries": [SPENT]}, POST),
]
every_endpoint = pytest.mark.parametrize(("method", "path", "body", "scope"), ENDPOINTS)


def ask(method: str, path: str, body: object, authorization: str | None) -> Any:
    headers = {} if authorization is None else {"Authorization": authorization}
    return Client().generic(
        method,
        f"/api/v1/content/{path}",
        json.dumps(body) if body else "",
        content_type="application/json",
        headers=headers,
    )


def key(scopes: list[Scope], app: str = "content") -> str:
    return clients.create("blog", [app], scopes)


def revoked() -> str:
    made = key(list(Scope))
    keys.revoke(Key.objects.all())
    return f"Bearer {made}"


def expired() -> str:
    return f"Bearer {clients.create('blog', ['content'], list(Scope), timezone.now() - timedelta(seconds=1))}"


@pytest.fixture
def _alice_has_credit() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="0")


@every_endpoint
@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (lambda: None, "unauthenticated"),
        (lambda: "", "unauthenticated"),
        (lambda: key(list(Scope)), "unauthenticated"),  # without its scheme
        (lambda: f"Basic {key(list(Scope))}", "unauthenticated"),
        (lambda: "Bearer", "unauthenticated"),
        (lambda: "Bearer ", "unauthenticated"),
        (lambda: "Bearer ledger_00000000_" + "0" * 64, "key-refused"),
        (lambda: f"Bearer {key(list(Scope))}0", "key-refused"),
        (lambda: "Bearer " + "é" * 1000, "key-refused"),
        (revoked, "key-refused"),
        (expired, "key-refused"),
    ],
    ids=[
        "none",
        "empty",
        "no scheme",
        "Basic",
        "no key",
        "empty key",
        "wrong",
        "longer",
        "not ASCII",
        "revoked",
        "expired",
    ],
)
def test_without_a_good_key_it_answers_401(
    method: str, path: str, body: object, scope: Scope, authorization: Callable[[], str | None], code: str
) -> None:
    response = ask(method, path, body, authorization())
    problem = problem_of(response)
    assert (response.status_code, problem["code"]) == (401, code)
    expected = 'Bearer realm="ledger"' + (', error="invalid_token"' if code == "key-refused" else "")
    assert response["WWW-Authenticate"] == expected
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("authorization", "detail"),
    [
        (lambda: None, "needs an API key"),
        (lambda: "Bearer", "no key after Bearer. Send the key"),
        (lambda: "bearer  ", "no key after Bearer. Send the key"),
        (lambda: "Basic YTpi", "not have the scheme Bearer"),
        (lambda: key(list(Scope)), "not have the scheme Bearer"),
        (lambda: "Bearer secret", "not a key of this service"),
        (lambda: f"Bearer {key(list(Scope))}0", "not a key of this service"),
        (lambda: f"Bearer ledger_{'0' * 8}_{'0' * 64}", "revoked or expired"),
        (revoked, "revoked or expired"),
    ],
    ids=["none", "no key", "blank", "Basic", "no scheme", "word", "longer", "wrong", "revoked"],
)
def test_a_401_says_what_is_wrong_and_repeats_no_key(authorization: Callable[[], str | None], detail: str) -> None:
    sent = authorization()
    problem = problem_of(ask("GET", "operations", None, sent))
    assert detail in problem["detail"]
    assert not sent or sent.split()[-1] in ("Bearer", "bearer") or sent.split()[-1] not in problem["detail"]


@every_endpoint
def test_another_apps_key_is_refused(method: str, path: str, body: object, scope: Scope) -> None:
    response = ask(method, path, body, f"Bearer {key(list(Scope), app='ecommerce')}")
    problem = problem_of(response)
    assert (response.status_code, problem["code"]) == (403, "other-app")
    assert problem["detail"] == "blog is a client of ecommerce, not of content."
    assert not Entry.objects.exists()


@every_endpoint
def test_every_other_scope_is_too_small_and_the_answer_names_the_missing_one(
    method: str, path: str, body: object, scope: Scope
) -> None:
    response = ask(method, path, body, f"Bearer {key([other for other in Scope if other is not scope])}")
    problem = problem_of(response)
    assert (response.status_code, problem["code"], problem["scope"]) == (403, "missing-scope", scope)
    assert problem["detail"] == f"blog does not have the scope {scope}."
    assert response["WWW-Authenticate"] == f'Bearer realm="ledger", error="insufficient_scope", scope="{scope}"'
    assert not Entry.objects.exists()


@every_endpoint
@pytest.mark.usefixtures("_alice_has_credit")
def test_the_one_scope_is_enough(method: str, path: str, body: object, scope: Scope) -> None:
    response = ask(method, path, body, f"bearer {key([scope])}")  # the case of the scheme does not matter
    assert response.status_code not in (401, 403)
    if method == "POST" and "holds/1" not in path:  # there is no such hold
        assert response.status_code == 201
        assert Entry.objects.get(app="content").client == "blog"


def test_a_batch_takes_the_scopes_of_all_its_items() -> None:
    response = ask("POST", "batches", {"entries": [SPENT, ADDED]}, f"Bearer {key([POST])}")
    assert problem_of(response)["scope"] == MINT
    assert not Entry.objects.exists()


def test_the_table_has_every_endpoint_of_the_api(client: Client) -> None:
    paths = json.loads(client.get("/api/v1/content/openapi.json").content)["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    tabled = set()
    for method, path, _, _ in ENDPOINTS:
        path = re.sub("alice", "{owner_id}", re.sub(r"\?.*", "", path))
        path = path.replace("entries/1", "entries/{entry_id}").replace("holds/1", "holds/{hold_id}")
        tabled.add((method, f"/api/v1/content/{path}"))
    assert described == tabled


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_closed_to_strangers_too(method: str) -> None:
    assert ask(method, "ledger", None, None).status_code == 401


@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json", "/api/v1/content/docs"])
def test_what_the_api_is_like_is_no_secret(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_the_documents_say_that_a_key_is_needed(client: Client) -> None:
    schema = json.loads(client.get("/api/openapi.json").content)
    (scheme,) = schema["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["security"] == [{"key": []}]
            assert {"401", "403"} <= operation["responses"].keys()
