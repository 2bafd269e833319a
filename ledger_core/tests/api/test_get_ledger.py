"""GET ledger/{owner_id} and GET operations."""

import json
from datetime import datetime
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from ledger_core.models import Account
from ledger_core.plugins import ledger_apps
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body


@pytest.mark.django_db
def test_both_apps_read_the_one_balance(api: Client, post_json: Post) -> None:
    post_json(post_body(owner_id="alice", amount=3), app="content")
    post_json(post_body(owner_id="alice", operation="CREDIT_SPEND"), app="ecommerce")

    for app in ledger_apps():
        response = api.get(f"/api/v1/{app.namespace}/ledger/alice")
        document = json.loads(response.content)
        assert response.status_code == 200
        assert datetime.fromisoformat(document.pop("updated_on")) == Account.objects.get().updated_on
        assert document == {
            "owner_id": "alice",
            "balance": 29,
            "held": 0,
            "available": 29,
            "seq": 2,
            "next_expiry": None,
        }


@pytest.mark.django_db
def test_an_owner_without_an_account_is_not_found(api: Client) -> None:
    response = api.get("/api/v1/content/ledger/nobody")
    assert response.status_code == 404
    assert problem_of(response)["code"] == "account-not-found"


@pytest.mark.django_db
@pytest.mark.parametrize("owner_id", ["Zoë 🎲", "100%", "a?b#c", "a&b=c", "..a", "' OR 1=1 --"])
def test_whatever_owner_can_be_posted_can_be_read(api: Client, post_json: Post, owner_id: str) -> None:
    assert post_json(post_body(owner_id=owner_id)).status_code == 201
    response = api.get(f"/api/v1/content/ledger/{quote(owner_id)}")
    assert json.loads(response.content)["owner_id"] == owner_id


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["a%0Ab", "%C2%85", "x" * 129])
def test_an_owner_that_cannot_be_is_refused(api: Client, address: str) -> None:
    response = api.get(f"/api/v1/content/ledger/{address}")
    assert response.status_code == 400
    assert problem_of(response)["errors"][0]["field"] == "owner_id"


@pytest.mark.django_db(transaction=True)  # in a transaction, the query would have a savepoint
def test_a_read_is_one_query(api: Client, post_json: Post, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    post_json(post_body(owner_id="alice"))
    with django_assert_num_queries(1):
        api.get("/api/v1/content/ledger/alice")


@pytest.mark.django_db
@pytest.mark.parametrize("app", [app.namespace for app in ledger_apps()])
def test_an_app_lists_the_shared_operations_and_its_own(api: Client, app: str) -> None:
    document = json.loads(api.get(f"/api/v1/{app}/operations").content)
    assert document["app"] == app
    rules = [
        [row[name] for name in ("operation", "value", "max_amount", "frequency")] for row in document["operations"]
    ]
    assert rules[:4] == [
        ["DAILY_REWARD", 1, 1, "daily"],
        ["SIGNUP_CREDIT", 3, 1, "once"],
        ["CREDIT_SPEND", -1, 2**63 - 1, None],
        ["CREDIT_ADD", 10, (2**63 - 1) // 10, None],
    ]
    assert len(document["operations"]) > 4
