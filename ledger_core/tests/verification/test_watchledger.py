"""watchledger's metrics when the database stops a verification, or does not store its result."""

import logging

import pytest
from django.db import DatabaseError, connection

from ledger_core.management.commands import watchledger
from ledger_core.models import Verification
from ledger_core.posting import post
from ledger_core.tests.imaginary import ADD, IMAGINARY

pytestmark = pytest.mark.django_db


def metric(name: str) -> float | None:
    return watchledger.REGISTRY.get_sample_value(name)


def one_fault() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = 11")


def test_an_incomplete_verification_raises_the_alert_for_faults_but_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr("ledger_core.verification.report.in_the_future", fail)
    monkeypatch.setattr(connection, "close", lambda: None)  # it is the test's
    watchledger.FAULTS.set(0)
    watchledger.VERIFIED.set(7)
    one_fault()
    watchledger._verify()
    assert metric("ledger_verification_faults") == 1
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = 10")
    watchledger._verify()
    assert metric("ledger_verification_faults") == 1
    assert metric("ledger_verified_timestamp_seconds") == 7


def test_a_result_that_cannot_be_stored_is_reported_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    one_fault()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    watchledger._verify()
    assert (metric("ledger_verification_faults"), metric("ledger_entries")) == (1, 1)
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "storing it failed" in caplog.messages[-1]
    assert not Verification.objects.exists()
