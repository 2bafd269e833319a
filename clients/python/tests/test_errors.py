"""Rejected requests raise exceptions, one class for each code, and nothing shows the key."""

import json
import logging
import pickle
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from django.test import Client
from pytest_django import Settings

from ledger_core.access.rate_limits.rates import Rate
from ledger_project.tests.conftest import Service
from shared_ledger import (
    AccountNotFound,
    AlreadyClaimed,
    AsyncLedger,
    BatchRefused,
    EntryNotFound,
    InsufficientBalance,
    InvalidOperation,
    InvalidRequest,
    Item,
    KeyRefused,
    Ledger,
    LedgerError,
    NoAnswer,
    NonceReused,
    NotFound,
    NotReversible,
    TooManyRequests,
)
from shared_ledger.calls import operations
from shared_ledger.responses import read, transport_errors


def test_every_code_of_the_documents_has_its_class(document: dict[str, Any]) -> None:
    codes = set(re.findall(r'"code": "([a-z-]+)"', json.dumps(document)))
    assert len(codes) > 20
    assert codes <= LedgerError.by_code.keys()


def test_a_code_of_tomorrow_is_an_error_of_the_ledger() -> None:
    problem = {"type": "/api/problems/new", "title": "New", "status": 409, "detail": "It is new.", "code": "new"}
    with pytest.raises(LedgerError) as refused:
        read(operations("content"), httpx.Response(409, json={**problem, "request_id": "1", "reason": [1]}))
    error = refused.value
    assert type(error) is LedgerError
    assert (error.code, error.status, error.detail, error.data) == ("new", 409, "It is new.", {"reason": [1]})
    assert str(error) == error.detail


def test_a_code_has_one_class() -> None:
    with pytest.raises(TypeError, match="Copy has the code of NotFound: not-found"):
        type("Copy", (LedgerError,), {}, code="not-found")
    assert LedgerError.by_code["not-found"] is NotFound


def test_too_many_requests_say_when_to_come_again(client: Client, settings: Settings) -> None:
    settings.ADDRESS_RATE_LIMIT = Rate(1, 3600)
    answers = [client.get("/api/v1/content/operations") for _ in range(2)]
    refusal = httpx.Response(answers[1].status_code, headers=dict(answers[1].headers), content=answers[1].content)
    with pytest.raises(TooManyRequests, match="limited to 1 requests") as refused:
        read(operations("content"), refusal)
    assert 0 < refused.value.retry_after <= 3600


@pytest.mark.service
@pytest.mark.parametrize(
    ("kind", "status", "ask"),
    [
        (InvalidOperation, 400, lambda ledger: ledger.post("PURCHASE", owner_id="refused", nonce="1")),
        (AccountNotFound, 404, lambda ledger: ledger.balance("nobody")),
        (AccountNotFound, 404, lambda ledger: next(ledger.entries("nobody"))),
        (EntryNotFound, 404, lambda ledger: ledger.entry(1_000_000)),
        (InvalidRequest, 400, lambda ledger: ledger.post_batch([])),
    ],
)
def test_a_refusal_is_of_its_own_class(
    ledger: Ledger, kind: type[LedgerError], status: int, ask: Callable[[Ledger], Any]
) -> None:
    with pytest.raises(kind) as refused:
        ask(ledger)
    assert refused.value.status == status
    assert len(refused.value.request_id) == 32


@pytest.mark.service
def test_what_there_is_to_say_of_a_refusal_is_its_data(ledger: Ledger) -> None:
    with pytest.raises(InsufficientBalance, match="takes 1") as poor:
        ledger.post("CREDIT_SPEND", owner_id="data", nonce="1")
    assert poor.value.data == {"balance": 0, "held": 0, "available": 0, "short_by": 1, "largest_amount": 0}

    ledger.post("DAILY_REWARD", owner_id="data", nonce="2")
    with pytest.raises(AlreadyClaimed) as claimed:
        ledger.post("DAILY_REWARD", owner_id="data", nonce="3")
    assert datetime.fromisoformat(claimed.value.data["again_on"]).hour == 0

    with pytest.raises(NonceReused) as reused:
        ledger.post("CREDIT_ADD", owner_id="data", nonce="2")
    assert reused.value.data == {"fields": ["operation"]}

    with pytest.raises(InvalidRequest) as invalid:
        ledger.post("CREDIT_ADD", owner_id="", nonce="4")
    assert [error["field"] for error in invalid.value.data["errors"]] == ["owner_id"]

    with pytest.raises(BatchRefused) as batch:
        ledger.post_batch([Item(operation="CREDIT_SPEND", owner_id="data", nonce=n, amount=2) for n in "56"])
    assert [(item["index"], item["code"]) for item in batch.value.data["items"]] == [
        (0, "insufficient-balance"),
        (1, "insufficient-balance"),
    ]


@pytest.mark.service
def test_an_error_can_be_sent_between_processes(service: Service) -> None:
    with Ledger(service.url, key=service.key, app="ecommerce") as ledger, pytest.raises(NotReversible) as refused:
        ledger.post("REFUND_ITEM", owner_id="pickled", nonce="1", reverses=1)
    sent = pickle.loads(pickle.dumps(refused.value))  # noqa: S301
    assert type(sent) is NotReversible
    assert vars(sent) == vars(refused.value)
    assert str(pickle.loads(pickle.dumps(NoAnswer("Nothing.")))) == "Nothing."  # noqa: S301


@pytest.mark.service
def test_an_app_that_is_not_there_is_told(service: Service) -> None:
    with Ledger(service.url, key=service.key, app="imaginary") as ledger, pytest.raises(NotFound):
        ledger.operations()


@pytest.mark.parametrize("key", ["", " ", "k ", " k", "k\n", "k\0", "schlüssel"])
@pytest.mark.parametrize("client", [Ledger, AsyncLedger])
def test_a_key_that_no_header_can_have_is_refused_at_once(client: type[Ledger | AsyncLedger], key: str) -> None:
    with pytest.raises(ValueError, match="The key is empty, or has characters") as refused:
        client("http://localhost:1", key=key, app="content")
    assert not key.strip() or key.strip() not in str(refused.value).split()


@pytest.mark.parametrize("url", ["", "ledger.example", "localhost:8000", "ftp://ledger.example", "https://"])
def test_a_url_without_its_scheme_or_host_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="is not a base URL"):
        Ledger(url, key="key", app="content")


@pytest.mark.parametrize("mistake", [httpx.LocalProtocolError, httpx.UnsupportedProtocol])
def test_a_mistake_of_the_caller_is_no_missing_response(mistake: type[httpx.TransportError]) -> None:
    with pytest.raises(mistake), transport_errors():
        raise mistake("A retry would also fail.")


@pytest.mark.service
def test_the_key_is_shown_nowhere(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = f"ledger_00000000_{'5ec2e7' * 10}5ec2"
    said = []
    with Ledger(service.url, key=key, app="content") as ledger:
        said += [repr(ledger), str(vars(ledger))]
        with pytest.raises(KeyRefused) as refused:
            ledger.balance("alice")
    with Ledger("http://localhost:1", key=key, app="content", patience=0) as nowhere, pytest.raises(NoAnswer) as alone:
        nowhere.balance("alice")
    with pytest.raises(ValueError, match="line break") as mistaken:
        Ledger(service.url, key=f"{key}\n", app="content")
    said += [repr(raised.value) for raised in (refused, alone, mistaken)]
    assert caplog.text
    assert "5ec2e7" not in caplog.text + "".join(said)
