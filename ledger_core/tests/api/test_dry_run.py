"""`dry_run` on posts and batches: the response of the request, and nothing else."""

import json
from typing import Any

import pytest
from django.test import Client

from ledger_core.access import keys
from ledger_core.models import Account, Entry, OpenUnits
from ledger_core.models import Client as ApiClient
from ledger_core.observability import metrics
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body

pytestmark = pytest.mark.django_db

NOT_OF_A_PREVIEW = {"id", "batch", "hash"}
BATCHES = "/api/v1/ecommerce/batches"


def books() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Account, Entry, OpenUnits)]


@pytest.fixture
def purchase(post_json: Post) -> int:
    """Give alice 20 credits, of which a purchase took 10. Return the id of the purchase."""
    post_json(post_body(owner_id="alice", operation="CREDIT_ADD", amount=2), app="ecommerce")
    posted = post_json(post_body(owner_id="alice", operation="PURCHASE", nonce="bought", amount=1), app="ecommerce")
    return int(json.loads(posted.content)["id"])


def requests(purchase: int) -> list[dict[str, Any]]:
    return [
        {"operation": "CREDIT_ADD", "reference": "a", "metadata": {"b": "c"}},
        {"operation": "CREDIT_ADD", "owner_id": "nobody"},
        {"operation": "DAILY_REWARD"},
        {"operation": "PURCHASE"},
        {"operation": "REFUND_ITEM", "reverses": purchase},
        # rejected:
        {"operation": "PURCHASE", "amount": 2},
        {"operation": "PURCHASE", "owner_id": "nobody"},
        {"operation": "REFUND_ITEM", "reverses": purchase, "amount": 2},
        {"operation": "REFUND_ITEM", "reverses": 999_999_999},
        {"operation": "REFUND_ITEM"},
        {"operation": "CREDIT_ADD", "reverses": purchase},
        {"operation": "CREDIT_ADD", "amount": 2**63 // 10},
        {"operation": "DAILY_REWARD", "amount": 2},
        {"operation": "NOTHING"},
        {"operation": "PURCHASE", "nonce": "bought", "amount": 2},
        {"operation": "CREDIT_ADD", "metadata": {"key": 1}},
    ]


@pytest.mark.parametrize("number", range(16))
def test_it_answers_as_the_request_would(post_json: Post, purchase: int, number: int) -> None:
    body = {"owner_id": "alice", "nonce": "new"} | requests(purchase)[number]
    before = books()
    dry = post_json(body | {"dry_run": True}, app="ecommerce")
    assert books() == before
    real = post_json(body | {"dry_run": False}, app="ecommerce")
    if real.status_code == 201:
        document = json.loads(real.content)
        kept = {name: value for name, value in document.items() if name not in NOT_OF_A_PREVIEW | {"created_on"}}
        preview = json.loads(dry.content)
        assert dry.status_code == 200
        assert "Idempotency-Replayed" not in dry
        assert preview.pop("created_on") <= document["created_on"]
        assert preview.pop("dry_run") is True
        assert preview == kept
    else:
        assert books() == before
        assert problem_of(dry) | {"request_id": ""} == problem_of(real) | {"request_id": ""}
        assert dry.status_code == real.status_code


def test_of_a_nonce_that_was_posted_it_returns_the_entry(post_json: Post, purchase: int) -> None:
    body = {"operation": "PURCHASE", "owner_id": "alice", "nonce": "bought", "dry_run": True}
    response = post_json(body, app="ecommerce")
    assert (response.status_code, response["Idempotency-Replayed"]) == (200, "true")
    assert json.loads(response.content)["id"] == purchase


def test_a_batch_is_tried_in_its_order(api: Client, purchase: int) -> None:
    items = [
        {"operation": "PURCHASE", "owner_id": "alice", "nonce": "bought"},
        {"operation": "PURCHASE", "owner_id": "alice", "nonce": "1"},
        {"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "2", "amount": 3},
        {"operation": "PURCHASE", "owner_id": "alice", "nonce": "3", "amount": 3},
        {"operation": "CREDIT_ADD", "owner_id": "nobody", "nonce": "1"},
    ]
    before = books()
    dry = api.post(BATCHES, {"entries": items, "dry_run": True}, content_type="application/json")
    assert books() == before
    document = json.loads(dry.content)
    assert (dry.status_code, document["replayed"]) == (200, [0])
    assert [entry["balance_after"] for entry in document["entries"]] == [10, 0, 30, 0, 10]
    assert not any(NOT_OF_A_PREVIEW & entry.keys() for entry in document["entries"])
    real = json.loads(api.post(BATCHES, {"entries": items}, content_type="application/json").content)
    assert [entry["balance_after"] for entry in real["entries"]] == [10, 0, 30, 0, 10]


def test_a_rejected_batch_lists_the_same_items(api: Client, purchase: int) -> None:
    items = [
        {"owner_id": "alice", "nonce": f"n{n}"} | request for n, request in enumerate(requests(purchase)[:9]) if n != 6
    ]
    problems = []
    for dry_run in (True, False):
        response = api.post(BATCHES, {"entries": items, "dry_run": dry_run}, content_type="application/json")
        assert response.status_code == 409
        problems.append(problem_of(response) | {"request_id": ""})
    assert problems[0] == problems[1]
    assert [item["index"] for item in problems[0]["items"]] == [6, 7]


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("batches", {"entries": [post_body(dry_run=True)]}),
        ("ledger?dry_run=true", post_body()),
        ("ledger", post_body(dry_run="true")),
        ("ledger", post_body(dry_run=1)),
        ("ledger", post_body(dry_run=None)),
    ],
)
def test_where_it_means_nothing_it_is_rejected(api: Client, address: str, body: dict[str, Any]) -> None:
    problem = problem_of(api.post(f"/api/v1/content/{address}", body, content_type="application/json"))
    assert (problem["code"], "dry_run" in problem["detail"]) == ("invalid-request", True)
    assert not Entry.objects.exists()


def test_it_counts_as_no_post(post_json: Post, purchase: int) -> None:
    def counted() -> list[float]:
        samples = [
            sample
            for counter in (metrics.ENTRIES_POSTED, metrics.REPLAYS)
            for metric in counter.collect()
            for sample in metric.samples
        ]
        return [sample.value for sample in samples if sample.name.endswith("_total")]

    before = counted()
    for nonce in ("bought", "new"):
        body = {"operation": "PURCHASE", "owner_id": "alice", "nonce": nonce, "dry_run": True}
        assert post_json(body, app="ecommerce").status_code == 200
    assert counted() == before


def test_a_client_needs_the_scope_of_the_request(post_json: Post) -> None:
    keys._client_of_digest.cache_clear()
    ApiClient.objects.update(scopes=["read", "post"])
    problem = problem_of(post_json(post_body(operation="CREDIT_ADD", dry_run=True)))
    assert (problem["status"], problem["code"]) == (403, "missing-scope")
