"""The ecommerce app, over HTTP: its operations, and no others."""

import json

import pytest
from django.test import Client

LEDGER = "/api/v1/ecommerce/ledger"


@pytest.mark.django_db
def test_a_purchase_costs_ten_and_a_refund_gives_them_back(client: Client) -> None:
    def post(operation: str, nonce: str, amount: int) -> int:
        body = {"operation": operation, "owner_id": "buyer", "nonce": nonce, "amount": amount}
        response = client.post(LEDGER, body, content_type="application/json")
        assert response.status_code == 201
        balance: int = json.loads(response.content)["balance_after"]
        return balance

    assert post("CREDIT_ADD", "1", 3) == 30
    assert post("PURCHASE", "2", 2) == 10
    assert post("REFUND_ITEM", "3", 1) == 20


def test_its_operations(client: Client) -> None:
    operations = json.loads(client.get("/api/v1/ecommerce/operations").content)["operations"]
    assert [(operation["operation"], operation["value"]) for operation in operations[4:]] == [
        ("PURCHASE", -10),
        ("REFUND_ITEM", 10),
    ]
