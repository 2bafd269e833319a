"""What every request and its entry have to be, whatever the rules say."""

import json
from typing import Any

import pytest
from django.test import Client

from ledger_core.conformance.base import OfAnApp, assert_ledger_is_correct, balance_of, moves
from ledger_core.errors import InvalidOperation, InvalidRequest
from ledger_core.models import Entry
from ledger_core.operations import Operation, Plain
from ledger_core.plugins import ledger_apps
from ledger_core.posting import post


class Foreign(Operation):
    """An operation of no app."""

    FOREIGN = Plain(+1, "Nobody can post it.")


@pytest.mark.django_db
class Requests(OfAnApp):
    def test_it_moves_its_value(self, operation: Operation) -> None:
        request = self.prepared(operation)
        before = balance_of("owner")
        entry = self.post(operation, "1", **request).entry
        assert (entry.app, entry.operation) == (self.operations.app, operation.code)
        assert entry.delta == moves(operation, request)
        assert balance_of("owner") == entry.balance_after == before + entry.delta
        assert_ledger_is_correct()

    def test_the_api_tries_and_posts_it(self, operation: Operation, api: Client) -> None:
        (namespace,) = [app.namespace for app in ledger_apps() if app.label == self.operations.app]
        about = {"reference": "order-1", "metadata": {"channel": "web"}}
        request = self.prepared(operation)
        body = {"operation": operation.code, "owner_id": "owner", "nonce": "1", **about, **request}
        address = f"/api/v1/{namespace}/ledger"
        tried = api.post(address, json.dumps(body | {"dry_run": True}), content_type="application/json")
        assert not Entry.objects.filter(nonce="1").exists()
        posted = api.post(address, json.dumps(body), content_type="application/json")
        assert (tried.status_code, posted.status_code) == (200, 201), (tried.content, posted.content)
        for document in (tried.json(), posted.json()):
            assert {name: document[name] for name in about} == about
            assert document["delta"] == moves(operation, body)
            assert document.get("counterparty") == ("friend of owner" if operation.kind.two_sided else None)
            assert document["reverses"] == request.get("reverses")

    @pytest.mark.parametrize(
        "fields",
        [
            {"owner_id": ""},
            {"owner_id": "a/b"},
            {"owner_id": "a" * 129},
            {"nonce": ""},
            {"nonce": "line\nbreak"},
            {"nonce": "n" * 129},
            {"amount": 0},
            {"amount": -1},
            {"amount": 2**63},
            {"amount": "1"},
        ],
        ids=str,
    )
    def test_invalid_fields_are_rejected_by_name(self, fields: dict[str, Any]) -> None:
        *_, operation = self.operations  # any operation will do
        with pytest.raises(InvalidRequest, match=next(iter(fields))):
            post(self.operations, operation, **{"owner_id": "owner", "nonce": "1"} | fields)
        assert not Entry.objects.exists()

    def test_operations_of_other_apps_are_rejected(self) -> None:
        with pytest.raises(InvalidOperation):
            self.post(Foreign.FOREIGN, "1")
        assert not Entry.objects.exists()
