"""POST ledger."""

import json
from datetime import datetime

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from ledger_core.models import Account, Entry
from ledger_core.plugins import ledger_apps
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body

pytestmark = pytest.mark.django_db

APPS = [app.namespace for app in ledger_apps()]


@pytest.mark.parametrize("app", APPS)
def test_it_posts_and_answers_with_the_entry(post_json: Post, app: str) -> None:
    response = post_json({"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "n", "amount": 2}, app=app)

    entry = Entry.objects.get()
    document = json.loads(response.content)
    assert response.status_code == 201
    assert response["Content-Type"] == "application/json"
    assert "Idempotency-Replayed" not in response
    assert datetime.fromisoformat(document.pop("created_on")) == entry.created_on
    assert document == {
        "id": entry.pk,
        "app": app,
        "operation": "CREDIT_ADD",
        "owner_id": "alice",
        "seq": 1,
        "amount": 2,
        "delta": 20,
        "balance_after": 20,
        "nonce": "n",
        "claim": None,
        "reverses": None,
        "batch": None,
        "client": "tests",
        "reference": None,
        "metadata": None,
        "hash": bytes(entry.hash).hex(),
    }


def test_the_amount_is_one_unless_it_is_said(post_json: Post) -> None:
    body = post_body()
    del body["amount"]
    assert json.loads(post_json(body).content)["amount"] == 1


def test_the_same_request_again_is_a_replay(post_json: Post) -> None:
    body = post_body()
    first, again = post_json(body), post_json(body)
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert again.content == first.content
    assert Entry.objects.count() == 1


def test_an_amount_of_one_that_is_said_and_one_that_is_not_are_the_same_request(post_json: Post) -> None:
    body = post_body()
    post_json(body)
    del body["amount"]
    assert post_json(body).status_code == 200


def test_a_nonce_of_another_request_is_refused(post_json: Post) -> None:
    body = post_body()
    post_json(body)
    response = post_json({**body, "amount": 5})
    assert response.status_code == 409
    assert problem_of(response)["code"] == "nonce-reused"
    assert problem_of(response)["fields"] == ["amount"]


def test_an_overdraft_is_refused(post_json: Post) -> None:
    response = post_json(post_body(operation="CREDIT_SPEND"))
    assert response.status_code == 402
    assert problem_of(response)["code"] == "insufficient-balance"
    assert not Account.objects.exists()


def test_a_claim_that_is_taken_is_refused_and_says_until_when(post_json: Post) -> None:
    for operation in ("DAILY_REWARD", "SIGNUP_CREDIT"):
        post_json(post_body(operation=operation, owner_id="alice"))
    daily = problem_of(post_json(post_body(operation="DAILY_REWARD", owner_id="alice")))
    once = problem_of(post_json(post_body(operation="SIGNUP_CREDIT", owner_id="alice")))
    assert (daily["code"], daily["status"], daily["again_on"][10:]) == ("already-claimed", 409, "T00:00:00Z")
    assert (once["code"], once["again_on"]) == ("already-claimed", None)


def test_a_refund_names_its_purchase(post_json: Post) -> None:
    post_json(post_body(owner_id="alice", amount=9))
    bought = json.loads(post_json(post_body(owner_id="alice", operation="PURCHASE", amount=2), app="ecommerce").content)
    refund = post_body(owner_id="alice", operation="REFUND_ITEM", amount=3, reverses=bought["id"])
    problem = problem_of(post_json(refund, app="ecommerce"))
    assert (problem["code"], problem["status"], problem["remaining"]) == ("not-reversible", 409, 2)
    assert json.loads(post_json({**refund, "amount": 2}, app="ecommerce").content)["reverses"] == bought["id"]
    nameless = problem_of(post_json(post_body(owner_id="alice", operation="REFUND_ITEM"), app="ecommerce"))
    assert nameless["errors"][0]["field"] == "reverses"


def test_a_balance_past_bigint_is_refused(post_json: Post) -> None:
    body = post_body(amount=9 * 10**17)
    assert post_json(body).status_code == 201
    response = post_json({**body, "nonce": "another"})
    assert (response.status_code, problem_of(response)["code"]) == (409, "balance-too-large")


@pytest.mark.parametrize(
    ("app", "operation"),
    [("content", "PURCHASE"), ("ecommerce", "CONTENT_CREATION"), ("content", "NO_SUCH"), ("content", "credit_add")],
)
def test_an_operation_that_the_app_does_not_have_is_refused(post_json: Post, app: str, operation: str) -> None:
    response = post_json(post_body(operation=operation), app=app)
    assert response.status_code == 400
    assert problem_of(response)["code"] == "invalid-operation"
    assert problem_of(response)["detail"] == f"Invalid operation: {operation}"
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_post_is_one_query(post_json: Post, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert post_json(post_body()).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_where_the_database_does_not_answer_the_client_is_told_to_retry(
    post_json: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    body = post_body()
    assert post_json(body).status_code == 201
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        response = post_json(post_body())
    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert problem_of(response)["code"] == "database-unavailable"
    (cause,) = [record.getMessage() for record in caplog.records if record.name == "ledger.database"]
    assert "no answer: " in cause
    assert "No such file or directory" in cause
    assert post_json(body).status_code == 200


def test_a_fault_of_ours_is_a_problem_document_too(post_json: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger_core.posting.single._insert", lambda request: 1 / 0)
    response = post_json(post_body())
    assert response.status_code == 500
    assert problem_of(response)["code"] == "internal-error"
    assert "division" not in response.content.decode()
