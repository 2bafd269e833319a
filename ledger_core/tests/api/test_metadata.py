"""`reference` and `metadata` on posts and in batches."""

import json
from typing import Any

import pytest
from django.test import Client

from ledger_core.models import Entry
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body

pytestmark = pytest.mark.django_db

METADATA = {"order": "1001", "note": "Zwei Zeilen:\nü 🎲\t"}


def test_an_entry_keeps_them(api: Client, post_json: Post) -> None:
    body = post_body(owner_id="alice", reference="order-1001", metadata=METADATA)
    posted = json.loads(post_json(body).content)
    assert (posted["reference"], posted["metadata"]) == ("order-1001", METADATA)
    read = json.loads(api.get(f"/api/v1/content/entries/{posted['id']}").content)
    assert read == posted
    assert post_json(body)["Idempotency-Replayed"] == "true"


def test_so_does_an_entry_of_a_batch(api: Client) -> None:
    items = [post_body(owner_id="alice", reference="a", metadata=METADATA), post_body(owner_id="alice")]
    response = api.post("/api/v1/content/batches", {"entries": items}, content_type="application/json")
    entries = json.loads(response.content)["entries"]
    assert [(entry["reference"], entry["metadata"]) for entry in entries] == [("a", METADATA), (None, None)]


@pytest.mark.parametrize("metadata", [{}, {"key": ""}, {f"k{n}": "" for n in range(16)}, {"k" * 40: "x" * 500}])
def test_the_smallest_and_the_largest_are_allowed(post_json: Post, metadata: dict[str, str]) -> None:
    assert json.loads(post_json(post_body(metadata=metadata)).content)["metadata"] == metadata
    assert Entry.objects.get().metadata == metadata


def test_the_largest_of_all_fit_into_the_database(post_json: Post) -> None:
    """What is escaped in JSON takes the most room there."""
    metadata = {f"{n:a>2}": "\n\t" * 63 for n in range(16)}
    assert sum(len(key) + len(value) for key, value in metadata.items()) == 2048
    assert post_json(post_body(metadata=metadata)).status_code == 201


@pytest.mark.parametrize(
    ("field", "value", "detail"),
    [
        ("reference", "", "length >= 1"),
        ("reference", "x" * 129, "length <= 128"),
        ("reference", "a\nb", "Expected no control characters"),
        ("reference", 7, "got `int`"),
        ("metadata", [], "got `array`"),
        ("metadata", "text", "got `str`"),
        ("metadata", {"key": 7}, "got `int`"),
        ("metadata", {"key": None}, "got `null`"),
        ("metadata", {"key": {"nested": "x"}}, "got `object`"),
        ("metadata", {"key": "x" * 501}, "length <= 500"),
        ("metadata", {"key": "a\0b"}, "control characters"),
        ("metadata", {"key": "a\r\nb"}, "control characters"),
        ("metadata", {"": "x"}, "Expected keys of 1 to 40"),
        ("metadata", {"k" * 41: "x"}, "Expected keys of 1 to 40"),
        ("metadata", {"a b": "x"}, "Expected keys of 1 to 40"),
        ("metadata", {f"k{n}": "" for n in range(17)}, "length <= 16"),
        ("metadata", {f"k{n}": "ü" * 250 for n in range(5)}, "at most 2048 bytes"),
    ],
)
def test_others_are_rejected_by_name(api: Client, post_json: Post, field: str, value: Any, detail: str) -> None:
    body = post_body() | {field: value}
    problem = problem_of(post_json(body))
    assert (problem["status"], problem["code"]) == (400, "invalid-request")
    assert problem["errors"][0]["field"] == field
    assert detail in problem["errors"][0]["detail"]
    batch = api.post("/api/v1/content/batches", {"entries": [post_body(), body]}, content_type="application/json")
    assert batch.status_code == 400
    assert field in problem_of(batch)["detail"] or problem_of(batch)["items"][0]["index"] == 1
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("text", "detail"),
    [('{"a": "1", "a": "2"}', "metadata.a: More than once"), (r'{"a": "\ud800"}', "metadata.a: Expected UTF-8")],
)
def test_a_repeated_key_and_half_a_character_are_rejected(api: Client, text: str, detail: str) -> None:
    body = json.dumps(post_body() | {"metadata": "?"}).replace('"?"', text)
    problem = problem_of(api.post("/api/v1/content/ledger", body, content_type="application/json"))
    assert problem["status"] == 400
    assert detail in problem["detail"]
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("fields", "differ"),
    [
        ({"reference": "b"}, ["reference"]),
        ({"reference": None}, ["reference"]),
        ({"metadata": {"a": "2"}}, ["metadata"]),
        ({"metadata": {}}, ["metadata"]),
        ({"reference": "b", "metadata": {"a": "1", "b": ""}}, ["reference", "metadata"]),
    ],
)
def test_a_retry_that_differs_in_them_is_no_retry(post_json: Post, fields: dict[str, Any], differ: list[str]) -> None:
    body = post_body(reference="a", metadata={"a": "1"})
    assert post_json(body).status_code == 201
    problem = problem_of(post_json(body | fields))
    assert (problem["code"], problem["fields"]) == ("nonce-reused", differ)


def test_the_order_of_keys_makes_no_difference(post_json: Post) -> None:
    body = post_body(metadata={"a": "1", "b": "2"})
    post_json(body)
    assert post_json(body | {"metadata": {"b": "2", "a": "1"}})["Idempotency-Replayed"] == "true"
