"""Conformance tests with one request after the other."""

import json
from typing import Any

import pytest
from django.test import Client

from ledger_core.conformance.base import OfAnApp, assert_ledger_is_correct, balance_of, before_its_retirement, moves
from ledger_core.errors import InvalidOperation, InvalidRequest
from ledger_core.models import Entry
from ledger_core.operations import Operation, SharedOperation, Terms
from ledger_core.plugins import ledger_apps
from ledger_core.posting import (
    AlreadyClaimed,
    InsufficientBalance,
    NonceReused,
    NotReversible,
    OperationRetired,
    post,
)


class Foreign(Operation):
    """An operation of no app."""

    FOREIGN = Terms(+1, "Nobody can post it.")


@pytest.mark.django_db
class InTurn(OfAnApp):
    def test_it_moves_its_value(self, operation: Operation) -> None:
        request = self.prepared(operation)
        before = balance_of("owner")
        entry = self.post(operation, "1", **request).entry
        assert (entry.app, entry.operation) == (self.operations.app, operation.code)
        assert entry.delta == moves(operation, request)
        assert balance_of("owner") == entry.balance_after == before + entry.delta
        assert_ledger_is_correct()

    def test_a_repeated_request_is_posted_once(self, operation: Operation) -> None:
        request = self.prepared(operation)
        first, again = (self.post(operation, "1", **request) for _ in range(2))
        assert (first.replayed, again.replayed) == (False, True)
        assert again.entry == first.entry
        assert_ledger_is_correct()

    def test_a_nonce_belongs_to_one_request(self, operation: Operation) -> None:
        first = self.post(operation, "1", **self.prepared(operation)).entry
        with pytest.raises(NonceReused):
            self.post(SharedOperation.CREDIT_ADD, "1", amount=first.amount + 1)
        assert Entry.objects.filter(nonce="1").get() == first

    def test_a_debit_beyond_the_balance_is_rejected(self, debit: Operation) -> None:
        with pytest.raises(InsufficientBalance):
            self.post(debit, "1")
        assert not Entry.objects.exists()

    def test_a_claim_can_be_taken_once_in_its_period(self, claim: Operation) -> None:
        request = self.prepared(claim, units=2)
        self.post(claim, "1", **request)
        with pytest.raises(AlreadyClaimed):
            self.post(claim, "2", **request)
        assert Entry.objects.filter(operation=claim.code).count() == 1

    def test_a_reversal_of_too_many_units_is_rejected(self, reversal: Operation) -> None:
        request = self.prepared(reversal, units=2)
        units = Entry.objects.get(pk=request["reverses"]).amount
        for number in range(units):
            self.post(reversal, str(number), **request)
        with pytest.raises(NotReversible):
            self.post(reversal, "more", **request)
        assert_ledger_is_correct()

    def test_a_reversal_of_another_owners_entry_is_rejected(self, reversal: Operation) -> None:
        of_another = self.prepared(reversal, owner_id="another")["reverses"]
        self.fund("owner", reversal, 1)
        with pytest.raises(NotReversible):
            self.post(reversal, "1", reverses=of_another)

    def test_only_reversals_name_an_entry(self, operation: Operation) -> None:
        request = self.prepared(operation)
        reverses = None if operation.reversed_operation else 1
        with pytest.raises(InvalidRequest, match="reverses"):
            self.post(operation, "1", **request | {"reverses": reverses})

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

    def test_an_amount_beyond_the_maximum_is_rejected(self, operation: Operation) -> None:
        with pytest.raises(InvalidRequest, match="amount"):
            self.post(
                operation, "1", amount=operation.max_amount + 1, reverses=1 if operation.reversed_operation else None
            )

    def test_a_retired_operation_accepts_only_retries(self, retired: Operation) -> None:
        with before_its_retirement(retired):
            request = self.prepared(retired, units=2)
            first = self.post(retired, "1", **request)
        again = self.post(retired, "1", **request)
        assert (again.entry, again.replayed) == (first.entry, True)
        with pytest.raises(OperationRetired):
            self.post(retired, "2", **request)
        assert_ledger_is_correct()

    def test_operations_of_other_apps_are_rejected(self) -> None:
        with pytest.raises(InvalidOperation):
            self.post(Foreign.FOREIGN, "1")
        assert not Entry.objects.exists()

    def test_the_api_posts_it(self, operation: Operation, api: Client) -> None:
        (namespace,) = [app.namespace for app in ledger_apps() if app.label == self.operations.app]
        body = {"operation": operation.code, "owner_id": "owner", "nonce": "1", **self.prepared(operation)}
        answer = api.post(f"/api/v1/{namespace}/ledger", json.dumps(body), content_type="application/json")
        assert answer.status_code == 201, answer.content
        assert answer.json()["delta"] == moves(operation, body)
