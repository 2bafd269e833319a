"""POST batches."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from ledger_core.models import Account, Entry
from ledger_core.plugins import ledger_apps
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body

pytestmark = pytest.mark.django_db

APPS = [app.namespace for app in ledger_apps()]


@pytest.fixture
def post_batch(api: Client) -> Post:
    def post(entries: Any, app: str = "content") -> Any:
        body = entries if isinstance(entries, bytes) else json.dumps({"entries": entries}).encode()
        return api.post(f"/api/v1/{app}/batches", body, content_type="application/json")

    return post


@pytest.mark.parametrize("app", APPS)
def test_it_posts_all_and_answers_in_the_order_asked(post_batch: Post, app: str) -> None:
    bodies = [post_body(owner_id=owner, amount=amount) for owner, amount in (("zoe", 1), ("alice", 2), ("zoe", 3))]
    response = post_batch(bodies, app)
    document = json.loads(response.content)
    assert response.status_code == 201
    assert "Idempotency-Replayed" not in response
    assert [entry["nonce"] for entry in document["entries"]] == [body["nonce"] for body in bodies]
    assert [entry["balance_after"] for entry in document["entries"]] == [10, 20, 40]
    assert document["replayed"] == []


def test_the_same_batch_again_is_a_replay(post_batch: Post) -> None:
    bodies = [post_body(), post_body()]
    first, again = post_batch(bodies), post_batch(bodies)
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert json.loads(again.content) == json.loads(first.content) | {"replayed": [0, 1]}


def test_a_batch_with_something_new_is_no_replay(post_batch: Post) -> None:
    body = post_body()
    post_batch([body])
    response = post_batch([body, post_body()])
    assert response.status_code == 201
    assert "Idempotency-Replayed" not in response
    assert json.loads(response.content)["replayed"] == [0]


def test_a_refusal_names_each_item_at_fault_and_nothing_is_posted(post_batch: Post) -> None:
    response = post_batch(
        [post_body(), post_body(operation="CREDIT_SPEND"), post_body(operation="PURCHASE"), post_body(operation="X")]
    )
    problem = problem_of(response)
    assert (response.status_code, problem["code"]) == (400, "invalid-batch")
    assert [(item["index"], item["code"]) for item in problem["items"]] == [
        (2, "invalid-operation"),
        (3, "invalid-operation"),
    ]
    response = post_batch([post_body(), post_body(operation="CREDIT_SPEND")])
    problem = problem_of(response)
    assert (response.status_code, problem["code"]) == (409, "batch-refused")
    (item,) = problem["items"]
    assert (item["index"], item["code"], item["balance"]) == (1, "insufficient-balance", 0)
    assert not Entry.objects.exists()


def test_every_field_at_fault_is_named_with_its_place(post_batch: Post) -> None:
    response = post_batch([post_body(), post_body(amount=0, owner_id="a/b"), {"operation": 5}, post_body(extra=1)])
    problem = problem_of(response)
    assert (response.status_code, problem["code"]) == (400, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == [
        "entries[1].owner_id",
        "entries[1].amount",
        "entries[2].operation",
        "entries[2].owner_id",
        "entries[2].nonce",
        "entries[3].extra",
    ]
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b'{"entries": []}',
        b'{"entries": null}',
        b'{"entries": {}}',
        b'{"entries": [1]}',
        b'{"entries": [[]]}',
        b"{}",
        b"[]",
        b'{"entries": [], "entries": []}',
        b'{"entries": [{"operation": "CREDIT_ADD", "owner_id": "a", "nonce": "1", "nonce": "2"}]}',
        b'{"entries": ' + b"[" * 5000,
    ],
)
def test_what_is_no_batch_is_refused(post_batch: Post, body: bytes) -> None:
    response = post_batch(body)
    assert (response.status_code, problem_of(response)["code"]) == (400, "invalid-request")


def test_a_thousand_of_the_longest_fit_and_one_more_is_refused(post_batch: Post) -> None:
    bodies = [
        post_body(owner_id=f"{n % 10}" + "\N{GAME DIE}" * 127, nonce=f"{n:04}" + "\N{GAME DIE}" * 124)
        for n in range(1001)
    ]
    response = post_batch(bodies)
    assert response.status_code == 400
    assert problem_of(response)["errors"][0]["field"] == "entries"
    assert post_batch(bodies[:1000]).status_code == 201
    assert Account.objects.count() == 10


def test_a_body_past_four_mebibytes_is_refused(post_batch: Post) -> None:
    response = post_batch(b" " * (4 * 1024 * 1024 + 1))
    assert (response.status_code, problem_of(response)["code"]) == (413, "body-too-large")


def test_a_single_post_may_not_be_as_long_as_a_batch(post_json: Post) -> None:
    assert post_json(b" " * (64 * 1024 + 1)).status_code == 413


def test_the_owner_called_batch_has_an_address_like_any_owner(api: Client, post_json: Post) -> None:
    address = "/api/v1/content/ledger/batch"
    post_json(post_body(owner_id="batch"))
    assert json.loads(api.get(address).content)["owner_id"] == "batch"
    assert api.get(f"{address}/entries").status_code == 200
    response = api.post(address, {"entries": [post_body()]}, content_type="application/json")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_one_query(post_batch: Post, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert post_batch([post_body() for _ in range(50)]).status_code == 201
