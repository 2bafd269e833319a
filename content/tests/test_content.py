"""The content app, over HTTP: its operations, and no others."""

import json

import pytest
from django.test import Client

LEDGER = "/api/v1/content/ledger"


@pytest.mark.django_db
def test_creating_costs_five_and_reading_nothing(api: Client) -> None:
    def post(operation: str, nonce: str) -> int:
        body = {"operation": operation, "owner_id": "author", "nonce": nonce}
        response = api.post(LEDGER, body, content_type="application/json")
        assert response.status_code == 201
        balance: int = json.loads(response.content)["balance_after"]
        return balance

    assert post("CREDIT_ADD", "1") == 10
    assert post("CONTENT_CREATION", "2") == 5
    assert post("CONTENT_ACCESS", "3") == 5


@pytest.mark.django_db
def test_its_operations(api: Client) -> None:
    operations = json.loads(api.get("/api/v1/content/operations").content)["operations"]
    assert [(operation["operation"], operation["value"]) for operation in operations[4:]] == [
        ("CONTENT_CREATION", -5),
        ("CONTENT_ACCESS", 0),
    ]
