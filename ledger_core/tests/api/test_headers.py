"""The headers of HTTP: Idempotency-Key, Location, ETag and If-None-Match, Cache-Control."""

import json
from typing import Any

import pytest
from django.test import Client

from ledger_core.models import Entry
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body

pytestmark = pytest.mark.django_db

POST = "/api/v1/content/ledger"


def post(api: Client, body: dict[str, Any], key: str, address: str = POST) -> Any:
    return api.post(address, body, content_type="application/json", headers={"Idempotency-Key": key})


def without_nonce(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in post_body(**fields).items() if name != "nonce"}


@pytest.mark.parametrize(
    ("key", "nonce"),
    [
        ("order-1001", "order-1001"),
        ('"order-1001"', "order-1001"),
        ('"a \\"b\\" \\\\ c, d"', 'a "b" \\ c, d'),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("n" * 128, "n" * 128),
    ],
)
def test_the_header_is_the_nonce(api: Client, key: str, nonce: str) -> None:
    body = without_nonce()
    first = post(api, body, key)
    assert (first.status_code, json.loads(first.content)["nonce"]) == (201, nonce)
    again = post(api, body, key)
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    in_the_body = api.post(POST, body | {"nonce": nonce}, content_type="application/json")
    assert in_the_body.content == again.content
    assert post(api, body | {"nonce": nonce}, key).content == again.content


@pytest.mark.parametrize(
    "key", ["", '""', '"', '"a', 'a"b', "a,b", '"a", "b"', "n" * 129, "ü", "a\tb", '"a";p=1', " ", "a\\", '"a\\b"']
)
def test_a_key_that_is_no_nonce_is_rejected(api: Client, key: str) -> None:
    if key == "a\\":
        assert post(api, without_nonce(), key).status_code == 201  # a bare backslash is an ordinary character
        return
    problem = problem_of(post(api, without_nonce(), key))
    assert (problem["code"], problem["errors"][0]["field"]) == ("invalid-request", "Idempotency-Key")
    assert not Entry.objects.exists()


def test_two_nonces_and_none_are_rejected(api: Client, post_json: Post) -> None:
    for response in (post(api, post_body(nonce="other"), "key"), post_json(without_nonce())):
        problem = problem_of(response)
        assert (response.status_code, problem["errors"][0]["field"]) == (400, "nonce")
        assert "Idempotency-Key" in problem["detail"]
    assert not Entry.objects.exists()


def test_a_batch_has_no_key(api: Client) -> None:
    response = post(api, {"entries": [post_body()]}, "key", "/api/v1/content/batches")
    assert (response.status_code, problem_of(response)["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert not Entry.objects.exists()


@pytest.mark.parametrize("app", ["content", "ecommerce"])
def test_a_new_entry_has_a_location(api: Client, post_json: Post, app: str) -> None:
    body = post_body()
    posted = post_json(body, app=app)
    read = api.get(posted["Location"])
    assert (read.status_code, read.content) == (200, posted.content)
    for response in (post_json(body, app=app), post_json(post_body(dry_run=True), app=app)):
        assert (response.status_code, "Location" in response) == (200, False)


@pytest.mark.parametrize("address", ["ledger/alice", "ledger/alice/entries", "entries/{id}", "operations"])
def test_what_has_not_changed_is_not_sent_again(api: Client, post_json: Post, address: str) -> None:
    entry = json.loads(post_json(post_body(owner_id="alice")).content)
    path = f"/api/v1/content/{address.format(**entry)}"
    first = api.get(path)
    assert first["ETag"].startswith('"')
    again = api.get(path, headers={"If-None-Match": f'"other", W/{first["ETag"]}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "no-store"
    assert "X-Request-ID" in again
    assert api.head(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert api.get(path, headers={"If-None-Match": '"other"'}).content == first.content

    post_json(post_body(owner_id="alice"))
    changes = "alice" in path
    assert api.get(path, headers={"If-None-Match": first["ETag"]}).status_code == (200 if changes else 304)


def test_nothing_is_stored_by_caches(api: Client, post_json: Post) -> None:
    responses = [
        post_json(post_body(owner_id="alice")),
        post_json({}),
        api.get("/api/v1/content/ledger/alice"),
        api.get("/api/v1/content/ledger/nobody"),
        api.get("/api/v1/content/nothing"),
        api.get("/api/v1/content/ledger/alice", headers={"Authorization": ""}),
    ]
    assert [response["Cache-Control"] for response in responses] == ["no-store"] * len(responses)
    assert [response.status_code for response in responses] == [201, 400, 200, 404, 404, 401]
