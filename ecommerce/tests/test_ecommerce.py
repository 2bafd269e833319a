"""The ecommerce app, over HTTP: its operations, and no others."""

import json
from typing import Any

import pytest
from django.test import Client

LEDGER = "/api/v1/ecommerce/ledger"


@pytest.mark.django_db
def test_a_purchase_costs_ten_and_a_refund_gives_them_back(api: Client) -> None:
    def post(operation: str, nonce: str, amount: int, **fields: int) -> dict[str, Any]:
        body = {"operation": operation, "owner_id": "buyer", "nonce": nonce, "amount": amount, **fields}
        response = api.post(LEDGER, body, content_type="application/json")
        assert response.status_code == 201
        entry: dict[str, Any] = json.loads(response.content)
        return entry

    assert post("CREDIT_ADD", "1", 3)["balance_after"] == 30
    purchase = post("PURCHASE", "2", 2)
    assert purchase["balance_after"] == 10
    refund = post("REFUND_ITEM", "3", 1, reverses=purchase["id"])
    assert (refund["balance_after"], refund["reverses"]) == (20, purchase["id"])


@pytest.mark.django_db
def test_its_operations(api: Client) -> None:
    operations = json.loads(api.get("/api/v1/ecommerce/operations").content)["operations"]
    assert [(row["operation"], row["value"], row["reverses"]) for row in operations[4:]] == [
        ("PURCHASE", -10, None),
        ("REFUND_ITEM", 10, "PURCHASE"),
    ]
