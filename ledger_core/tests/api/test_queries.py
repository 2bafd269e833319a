"""Query strings: each value has one spelling, and the messages fit query strings."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body

pytestmark = pytest.mark.django_db

BALANCE = "/api/v1/content/ledger/alice"
ENTRIES = f"{BALANCE}/entries"
NO_NUMBERS = ["x", "0", "-1", "+5", "%2B5", "%205", "5%20", "05", "5.0", "1e2", "1_0", "0x5", "true", "null", "NaN"]
NO_NUMBERS += ["", "%00", "%D9%A5", "%EF%BC%95", "9223372036854775808", "9" * 1000]
NO_MOMENTS = ["null", "now", "yesterday", "1700000000", "1764000000.5", "1e9", "2026-11-24", "2026-11-24T09:30:00"]
NO_MOMENTS += [
    "",
    "%00",
    "2026-11-24T09:30Z",
    "2026-13-24T09:30:00Z",
    "2026-11-24T09:30:60Z",
    "%D9%A2026-11-24T09:30:00Z",
]


def assert_rejected(response: Any, field: str) -> str:
    problem = problem_of(response)
    assert (response.status_code, problem["code"]) == (400, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == [field]
    detail: str = problem["errors"][0]["detail"]
    assert detail
    assert "`" not in detail  # a Python type, which has no meaning in a query string
    return detail


@pytest.mark.parametrize("value", [*NO_NUMBERS, "1001"])
def test_a_limit_that_is_no_plain_number_is_rejected(api: Client, value: str) -> None:
    detail = assert_rejected(api.get(f"{ENTRIES}?limit={value}"), "limit")
    assert detail == ("Expected a whole number from 1 to 1000, in plain digits" if value else "Expected a value")


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_a_sequence_number_that_is_no_plain_number_is_rejected(api: Client, value: str) -> None:
    assert_rejected(api.get(f"{ENTRIES}?before={value}"), "before")


@pytest.mark.parametrize("value", NO_MOMENTS)
@pytest.mark.parametrize(("address", "field"), [(BALANCE, "at"), (ENTRIES, "since"), (ENTRIES, "until")])
def test_a_moment_that_cannot_be_read_is_rejected(api: Client, address: str, field: str, value: str) -> None:
    detail = assert_rejected(api.get(f"{address}?{field}={value}"), field)
    assert detail == ("Expected a time with an offset, such as 2026-11-24T09:30:00Z" if value else "Expected a value")


def test_a_plus_that_arrives_as_a_space_gets_a_hint(api: Client) -> None:
    detail = assert_rejected(api.get(f"{BALANCE}?at=2026-11-24T09:30:00+01:00"), "at")
    assert detail == "Write the + of the offset as %2B: in a query, a + means a space"


@pytest.mark.parametrize("query", ["limit=1&limit=1", "at=1", "page=2", "operation="])
def test_each_parameter_is_known_and_comes_once(api: Client, query: str) -> None:
    assert_rejected(api.get(f"{ENTRIES}?{query}"), query.partition("=")[0])


@pytest.mark.parametrize("query", ["operation=%FF", "%FF=1", "limit=1&%ED%A0%80=1"])
def test_a_query_that_is_not_utf_8_is_rejected(api: Client, query: str) -> None:
    response = api.get(f"{ENTRIES}?{query}")
    assert (response.status_code, problem_of(response)["code"]) == (400, "invalid-request")


def test_every_mistake_is_named_at_once_and_in_order(api: Client) -> None:
    problem = problem_of(api.get(f"{ENTRIES}?b=1&limit=x&a=1&since=now"))
    assert [error["field"] for error in problem["errors"]] == ["b", "limit", "a", "since"]


@pytest.mark.parametrize(
    "moment",
    [
        "2126-11-24T09:30:00Z",
        "2126-11-24t09:30:00.123456z",
        "2126-11-24T09:30:00+01:00",
        "2126-11-24 09:30:00-01:00",
        "9999-12-31T23:59:59.999999-23:59",
    ],
)
def test_a_moment_can_have_any_offset(api: Client, post_json: Post, moment: str) -> None:
    post_json(post_body(owner_id="alice"))
    assert api.get(f"{BALANCE}?at={quote(moment)}").status_code == 200
    assert api.get(f"{ENTRIES}?since={quote(moment)}&until={quote(moment)}").status_code == 200


def test_the_first_moment_that_there_can_be_is_read(api: Client, post_json: Post) -> None:
    post_json(post_body(owner_id="alice"))
    response = api.get(f"{BALANCE}?at={quote('0001-01-01T00:00:00+23:59')}")
    assert (response.status_code, problem_of(response)["code"]) == (404, "account-not-found")


@pytest.mark.parametrize("query", ["limit=1", "limit=1000", "before=9223372036854775807", "", "&&limit=1&"])
def test_a_query_that_can_be_read_is_answered(api: Client, post_json: Post, query: str) -> None:
    post_json(post_body(owner_id="alice"))
    assert api.get(f"{ENTRIES}?{query}").status_code == 200
