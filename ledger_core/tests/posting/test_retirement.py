"""Retired operations: new posts are rejected, and earlier entries can still be read, retried and reversed."""

import json
from typing import Any

import pytest
from django.test import Client

from ledger_core.conformance.base import assert_ledger_is_correct
from ledger_core.errors import InvalidRequest
from ledger_core.models import Account, Entry
from ledger_core.operations import Operation, OperationSet, Plain, Reversal
from ledger_core.plugins import ledger_apps
from ledger_core.posting import BatchRefused, InvalidBatch, Item, NonceReused, OperationRetired, post, post_batch
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body
from ledger_core.tests.imaginary import ADD

pytestmark = pytest.mark.django_db

APP = next(ledger_apps())  # any app will do
OWN = next(operation for operation in APP.operations.own if not operation.reversed_operation)


def shop(**sale: Any) -> tuple[OperationSet[Any], Any, Any]:
    """Return a shop, its sale with these limits, and its refund."""

    class ShopOperation(Operation):
        SALE = Plain(-10, "Sold.", **sale)
        REFUND = Reversal(SALE, "Given back.")

    return OperationSet("shop", ShopOperation), ShopOperation.SALE, ShopOperation.REFUND


@pytest.fixture
def sold() -> Entry:
    """Return the entry of three units, sold to alice before the sale was retired."""
    operations, sale, _ = shop()
    post(operations, ADD, owner_id="alice", nonce="credit", amount=10)
    return post(operations, sale, owner_id="alice", nonce="sale", amount=3).entry


def test_nothing_new_is_posted(sold: Entry) -> None:
    operations, sale, _ = shop(retired=True)
    with pytest.raises(OperationRetired, match=r"SALE is retired\."):
        post(operations, sale, owner_id="alice", nonce="another")
    with pytest.raises(InvalidBatch) as refusal:
        post_batch(operations, [Item(ADD, "alice", "1"), Item(sale, "alice", "2")])
    assert [(item["index"], item["code"]) for item in refusal.value.data["items"]] == [(1, "operation-retired")]
    assert Account.objects.get().balance == 70


# What can change before a retry: the sale is retired, or its highest amount is now lower than what was sold.
LATER: list[dict[str, Any]] = [{"retired": True}, {"max_amount": 2}]


@pytest.mark.parametrize("later", LATER, ids=str)
def test_a_retry_is_a_replay(sold: Entry, later: dict[str, Any]) -> None:
    operations, sale, _ = shop(**later)
    again = post(operations, sale, owner_id="alice", nonce="sale", amount=3)
    assert (again.entry, again.replayed) == (sold, True)
    batch = post_batch(operations, [Item(sale, "alice", "sale", 3), Item(ADD, "bob", "1")])
    assert [(posted.entry.owner_id, posted.replayed) for posted in batch] == [("alice", True), ("bob", False)]
    assert Account.objects.get(pk="alice").balance == 70


@pytest.mark.parametrize("later", LATER, ids=str)
def test_its_nonce_with_another_amount_is_refused_for_the_nonce(sold: Entry, later: dict[str, Any]) -> None:
    operations, sale, _ = shop(**later)
    with pytest.raises(NonceReused):
        post(operations, sale, owner_id="alice", nonce="sale", amount=4)
    with pytest.raises(BatchRefused, match="1 of 2 items") as refusal:
        post_batch(operations, [Item(sale, "alice", "sale", 4), Item(ADD, "bob", "1")])
    assert [item["code"] for item in refusal.value.data["items"]] == ["nonce-reused"]
    assert not Account.objects.filter(pk="bob").exists()


def test_what_a_lower_limit_rules_out_is_refused_as_it_was(sold: Entry) -> None:
    operations, sale, _ = shop(max_amount=2)
    with pytest.raises(InvalidRequest, match="SALE takes an amount from 1 to 2"):
        post(operations, sale, owner_id="alice", nonce="another", amount=3)
    with pytest.raises(InvalidBatch):
        post_batch(operations, [Item(sale, "alice", "another", 3)])


def test_its_entries_are_reversed_as_before(sold: Entry) -> None:
    operations, _, refund = shop(retired=True)
    post(operations, refund, owner_id="alice", nonce="1", reverses=sold.pk)
    post_batch(operations, [Item(refund, "alice", "2", 2, sold.pk)])
    assert Account.objects.get().balance == 100
    assert_ledger_is_correct()


def test_the_api_says_so_and_reads_its_entries(api: Client, post_json: Post) -> None:
    address = f"/api/v1/{APP.namespace}"
    post_json(post_body(owner_id="alice"))
    body = post_body(owner_id="alice", operation=OWN.code)
    earlier = json.loads(post_json(body, app=APP.namespace).content)
    object.__setattr__(OWN.kind, "retired", True)
    try:
        problem = problem_of(post_json(post_body(owner_id="alice", operation=OWN.code), app=APP.namespace))
        assert (problem["status"], problem["code"]) == (400, "operation-retired")
        retry = post_json(body, app=APP.namespace)
        assert (retry.status_code, json.loads(retry.content)) == (200, earlier)
        page = json.loads(api.get(f"{address}/ledger/alice/entries?operation={OWN.code}").content)
        assert page["entries"] == [earlier]
        listed = json.loads(api.get(f"{address}/operations").content)["operations"]
        assert [o["operation"] for o in listed if o["retired"]] == [OWN.code]
        paths = json.loads(api.get(f"{address}/openapi.json").content)["paths"]
        examples = paths[f"{address}/ledger"]["post"]["requestBody"]["content"]["application/json"]["examples"]
        assert OWN.code not in examples
    finally:
        object.__setattr__(OWN.kind, "retired", False)


def test_entries_of_an_operation_that_was_removed_are_read(api: Client, admin_client: Client) -> None:
    class FormerOperation(Operation):
        BADGE = Plain(+1, "No member of the app's any more.")

    former = OperationSet(APP.operations.app, FormerOperation)
    entry = post(former, FormerOperation.BADGE, owner_id="alice", nonce="1").entry
    addresses = ("ledger/alice/entries", "ledger/alice/entries?operation=BADGE", f"entries/{entry.pk}")
    for address in addresses:
        answer = api.get(f"/api/v1/{APP.namespace}/{address}")
        assert answer.status_code == 200
        assert "BADGE" in answer.content.decode()
    unknown = api.get(f"/api/v1/{APP.namespace}/ledger/alice/entries?operation=BADGES")
    assert problem_of(unknown)["code"] == "invalid-operation"
    for page in ("", "entry/", f"entry/{entry.pk}/change/", "account/alice/change/"):
        assert admin_client.get(f"/admin/ledger_core/{page}").status_code == 200
    assert_ledger_is_correct()


def test_a_reversal_can_be_retired_as_well(sold: Entry) -> None:
    class ShopOperation(Operation):
        SALE = Plain(-10, "Sold.")
        REFUND = Reversal(SALE, "Given back.", retired=True)

    with pytest.raises(OperationRetired):
        post(OperationSet("shop", ShopOperation), ShopOperation.REFUND, owner_id="alice", nonce="1", reverses=sold.pk)
