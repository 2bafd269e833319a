"""Credits that expire over HTTP: posts, lots, balances, and what a balance consists of."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from ledger_core.access import clients
from ledger_core.operations import Scope
from ledger_core.tests.conftest import problem_of

pytestmark = pytest.mark.django_db

ECOMMERCE = "/api/v1/ecommerce"


def post(api: Client, operation: str, nonce: str, app: str = "ecommerce", **fields: Any) -> dict[str, Any]:
    body = {"operation": operation, "owner_id": "alice", "nonce": nonce} | fields
    document: dict[str, Any] = json.loads(
        api.post(f"/api/v1/{app}/ledger", json.dumps(body), content_type="application/json").content
    )
    return document


def read(api: Client, address: str) -> Any:
    return json.loads(api.get(f"{ECOMMERCE}/ledger/alice{address}").content)


def test_a_promotion_expires_after_ninety_days_or_sooner(api: Client) -> None:
    given, sooner = post(api, "PROMOTION", "1"), post(api, "PROMOTION", "2", expires_in=60)
    for entry, lifetime in ((given, timedelta(days=90)), (sooner, timedelta(seconds=60))):
        assert datetime.fromisoformat(entry["expires_on"]) - datetime.fromisoformat(entry["created_on"]) == lifetime
        assert entry["delta"] == 5
        assert "drawn" not in entry


def test_a_post_its_retry_and_its_entry_say_which_lots_it_drew_on(api: Client) -> None:
    late, early = post(api, "PROMOTION", "1"), post(api, "PROMOTION", "2", expires_in=60)
    tried = post(api, "CREDIT_SPEND", "3", "content", amount=7, dry_run=True)
    spent = post(api, "CREDIT_SPEND", "3", "content", amount=7)
    assert spent["drawn"] == [{"lot": early["id"], "credits": 5}, {"lot": late["id"], "credits": 2}] == tried["drawn"]
    assert post(api, "CREDIT_SPEND", "3", "content", amount=7) == spent
    assert json.loads(api.get(f"/api/v1/content/entries/{spent['id']}").content) == spent
    assert json.loads(api.get("/api/v1/content/entries").content)["entries"] == [spent]


def test_what_a_refund_gives_back_is_negative(api: Client) -> None:
    lot = post(api, "PROMOTION", "1", amount=2)
    post(api, "CREDIT_ADD", "2")
    bought = post(api, "PURCHASE", "3", amount=2)
    assert bought["drawn"] == [{"lot": lot["id"], "credits": 10}]
    first, second = (post(api, "REFUND_ITEM", nonce, reverses=bought["id"]) for nonce in ("4", "5"))
    assert "drawn" not in first
    assert second["drawn"] == [{"lot": lot["id"], "credits": -10}]


def test_a_hold_its_capture_and_its_release_say_what_they_drew(api: Client) -> None:
    lot = post(api, "PROMOTION", "1", amount=4)
    hold = json.loads(
        api.post(
            f"{ECOMMERCE}/holds",
            json.dumps({"operation": "PURCHASE", "owner_id": "alice", "nonce": "2", "amount": 2}),
            content_type="application/json",
        ).content
    )

    def end(how: str, **body: Any) -> Any:
        address = f"{ECOMMERCE}/holds/{hold['id']}/{how}"
        return json.loads(api.post(address, json.dumps(body), content_type="application/json").content)["drawn"]

    held = json.loads(api.get(f"{ECOMMERCE}/entries/{hold['id']}").content)
    assert held["drawn"] == [{"lot": lot["id"], "credits": 20}]
    assert end("capture", nonce="3", amount=1, final=False) == [{"lot": lot["id"], "credits": 10}]
    assert end("release", nonce="4") == [{"lot": lot["id"], "credits": -10}]


def test_the_credits_of_an_operation_can_be_more_than_a_balance(api: Client) -> None:
    most = 922_337_203_685_477_580
    for nonce, operation in enumerate(["CREDIT_ADD", "PURCHASE"] * 2):
        post(api, operation, str(nonce), amount=most)
    assert {line["operation"]: line["credits"] for line in read(api, "/explanation")["operations"]} == {
        "CREDIT_ADD": 20 * most,
        "PURCHASE": -20 * most,
    }


def test_lots_come_in_the_order_of_their_use_over_all_pages(api: Client) -> None:
    lots = [post(api, "PROMOTION", str(n), expires_in=10_000 - n) for n in range(5)]
    post(api, "CREDIT_SPEND", "spend", "content", amount=7)
    pages = [read(api, "/lots?limit=2")]
    assert api.get(f"{ECOMMERCE}/ledger/alice/lots?limit=2")["Link"] == f'<{pages[0]["next"]}>; rel="next"'
    while pages[-1]["next"]:
        pages.append(json.loads(api.get(pages[-1]["next"]).content))
    found = [lot for page in pages for lot in page["lots"]]
    assert [(lot["id"], lot["remaining"]) for lot in found] == [
        (lots[3]["id"], 3),
        *((lots[n]["id"], 5) for n in (2, 1, 0)),
    ]
    assert found[0].keys() == {"id", "app", "operation", "remaining", "priority", "expires_on", "created_on"}
    assert found[0]["expires_on"] == lots[3]["expires_on"]
    post(api, "CREDIT_SPEND", "all of it", "content", amount=3)  # a page goes on after a lot that is used up
    assert [lot["id"] for lot in read(api, f"/lots?after={lots[3]['id']}")["lots"]] == [
        lots[n]["id"] for n in (2, 1, 0)
    ]


def test_an_owner_without_lots_has_an_empty_list(api: Client) -> None:
    assert read(api, "/lots") == {"lots": [], "next": None}
    assert api.get(f"{ECOMMERCE}/ledger/alice/lots?after=0").status_code == 400


def test_the_balance_says_what_expires_next(api: Client) -> None:
    post(api, "CREDIT_ADD", "1")
    assert read(api, "")["next_expiry"] is None
    post(api, "PROMOTION", "2")
    early = post(api, "PROMOTION", "3", expires_in=60)
    post(api, "CREDIT_SPEND", "4", amount=2)
    assert read(api, "")["next_expiry"] == {"credits": 3, "expires_on": early["expires_on"]}
    assert "next_expiry" not in read(api, f"?at={early['created_on']}")
    assert read(api, f"?at={early['expires_on']}")["balance"] == 15


def test_an_explanation_adds_up_to_the_balance(api: Client) -> None:
    post(api, "CREDIT_ADD", "1", amount=2)
    post(api, "PURCHASE", "2")
    post(api, "CREDIT_ADD", "3", "content")
    explained = read(api, "/explanation")
    assert explained["balance"] == read(api, "")
    assert explained["operations"] == [
        {"app": "ecommerce", "operation": "CREDIT_ADD", "entries": 1, "credits": 20},
        {"app": "ecommerce", "operation": "PURCHASE", "entries": 1, "credits": -10},
    ]
    assert (explained["others"], explained["expired"]) == ({"entries": 1, "credits": 10}, 0)
    every = read(api, "/explanation?scope=all")
    assert "others" not in every
    assert sum(line["credits"] for line in every["operations"]) == 20
    assert {line["app"] for line in every["operations"]} == {"content", "ecommerce"}


def test_an_explanation_of_all_apps_needs_its_scope(client: Client) -> None:
    key = clients.create("reader", ["ecommerce"], [Scope.READ, Scope.POST, Scope.MINT])
    headers = {"Authorization": f"Bearer {key}"}
    client.post(
        f"{ECOMMERCE}/ledger",
        {"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "1"},
        content_type="application/json",
        headers=headers,
    )
    address = f"{ECOMMERCE}/ledger/alice/explanation"
    assert client.get(address, headers=headers).status_code == 200
    assert problem_of(client.get(f"{address}?scope=all", headers=headers))["code"] == "missing-scope"
    assert problem_of(client.get(f"{ECOMMERCE}/ledger/bob/explanation", headers=headers))["code"] == "account-not-found"


def test_a_refusal_says_what_would_succeed(api: Client) -> None:
    post(api, "CREDIT_ADD", "1", amount=3)
    refused = post(api, "PURCHASE", "2", amount=5)
    told = {"balance": 30, "held": 0, "available": 30, "short_by": 20, "largest_amount": 3}
    assert (refused["code"], refused | told) == ("insufficient-balance", refused)
    assert post(api, "PURCHASE", "2", amount=3)["balance_after"] == 0
    assert post(api, "PURCHASE", "3")["largest_amount"] == 0


def test_a_transfer_is_told_that_it_cannot_take_what_expires(api: Client) -> None:
    post(api, "PROMOTION", "1")
    post(api, "CREDIT_ADD", "2")
    refused = post(api, "TIP", "3", "content", amount=12, to_owner_id="bob")
    assert refused | {"balance": 15, "available": 10, "short_by": 2, "largest_amount": 10} == refused
    assert refused["detail"] == "alice has 15 credits, of which 5 expire, and TIP × 12 takes 12."
