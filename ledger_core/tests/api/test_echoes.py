"""Responses and log lines repeat only a limited part of a request, whatever its size."""

import logging
from typing import Any

import pytest
from django.test import Client

from ledger_core.posting import MAX_ITEMS
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body

pytestmark = pytest.mark.django_db

LONG = "Ж" * 4500  # two of them, escaped, fit into a body
LINE = "A" * 3_900  # gunicorn accepts this length in the request line and in a header
LEDGER = "/api/v1/content/ledger"
BATCHES = "/api/v1/content/batches"


def assert_short(response: Any, most: int = 1500) -> None:
    problem_of(response)
    assert 400 <= response.status_code < 500
    assert len(response.content) < most
    assert all(len(f"{name}: {value}") < 300 for name, value in response.headers.items())


@pytest.mark.parametrize("field", ["operation", "owner_id", "nonce", "amount", "reverses", LONG])
def test_a_field_of_a_body(post_json: Post, field: str) -> None:
    assert_short(post_json({**post_body(), field: LONG}))
    assert_short(post_json({**post_body(), field: {LONG: LONG}}))


def test_many_long_fields(post_json: Post) -> None:
    assert_short(post_json({f"{number}{LINE}": 1 for number in range(16)}), 10_000)


@pytest.mark.parametrize("kind", ["operation", "unknown field"])
def test_a_batch_of_long_items(api: Client, kind: str) -> None:
    changed = {"operation": LINE} if kind == "operation" else {LINE: 1}
    items = [post_body() | changed for _ in range(MAX_ITEMS)]
    response = api.post(BATCHES, {"entries": items}, content_type="application/json")
    assert_short(response, 350 * MAX_ITEMS)


@pytest.mark.parametrize(
    "query",
    [f"{LINE}=1", f"limit={LINE}", f"since={LINE}", f"operation={LINE}", "&".join(f"{n}=1" for n in range(900))],
)
def test_a_query(api: Client, query: str) -> None:
    assert_short(api.get(f"{LEDGER}/alice/entries?{query}"), 5000)


@pytest.mark.parametrize(
    "address",
    [f"{LEDGER}/{LINE}", f"/api/v1/{LINE}/ledger", f"/api/problems/{LINE}", f"/api/v1/content/entries/{LINE}"],
)
def test_an_address(api: Client, address: str) -> None:
    assert_short(api.get(address))


@pytest.mark.parametrize(
    "header", ["Accept", "Authorization", "Content-Type", "Host", "X-Request-ID", "Idempotency-Key"]
)
def test_a_header(api: Client, header: str) -> None:
    response = api.generic("POST", LEDGER, "{}", headers={"Content-Type": "application/json", header: LINE})
    assert_short(response)


def test_a_method(api: Client) -> None:
    assert_short(api.generic(LINE, LEDGER))


def test_the_line_in_the_log(api: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="ledger.request"):
        api.generic(LINE, f"{LEDGER}/{'%D0%96' * 600}")
    (record,) = [record for record in caplog.records if record.name == "ledger.request"]
    assert len(record.getMessage()) < 2500


def test_the_longest_owner_is_logged_whole(api: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="ledger.request"):
        api.get(f"{LEDGER}/{'%F0%9F%8E%B2' * 128}/entries")
    assert caplog.records[-1].getMessage().count("%F0%9F%8E%B2") == 128
