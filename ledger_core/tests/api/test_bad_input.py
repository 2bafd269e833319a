"""Bad input returns a clear problem document and writes nothing. No input causes a 500."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from ledger_core.models import Account, Entry
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body

pytestmark = pytest.mark.django_db

NO_AMOUNTS: list[Any] = ["5", 5.0, 1.5, True, None, 0, -1, 2**63, 10**400, [], {}]
NO_TEXTS: list[Any] = [5, None, True, [], {}]
LEDGER = "/api/v1/content/ledger"
BATCHES = "/api/v1/content/batches"


def assert_nothing_was_written() -> None:
    assert not Entry.objects.exists()
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("amount", value) for value in NO_AMOUNTS],
        ("amount", 2**62),  # fits, but not when multiplied
        *[("owner_id", value) for value in ["", "x" * 129, "a\x00b", "a\nb", "a\n", "\x7f", "a\x85", "a/b", ".", ".."]],
        *[("nonce", value) for value in ["", "x" * 129, "a\x00b", "a\nb", "a\n", "\x7f", "a\x85"]],
        *[(field, value) for field in ("owner_id", "nonce", "operation") for value in NO_TEXTS],
        ("surprise", 1),
    ],
)
def test_a_bad_field_is_named(post_json: Post, field: str, value: Any) -> None:
    response = post_json({**post_body(), field: value})
    assert response.status_code == 400
    problem = problem_of(response)
    assert problem["code"] == "invalid-request"
    assert [error["field"] for error in problem["errors"]] == [field]
    assert_nothing_was_written()


@pytest.mark.parametrize("field", ["operation", "owner_id", "nonce"])
def test_a_missing_field_is_named(post_json: Post, field: str) -> None:
    body = post_body()
    del body[field]
    (error,) = problem_of(post_json(body))["errors"]
    assert (error["field"], error["detail"].partition(".")[0]) == (field, "Missing")
    assert_nothing_was_written()


TWICE = b'{"operation": "CREDIT_ADD", "owner_id": "a", "nonce": "1", "amount": 1, "amount": 2}'
ONCE = b'{"operation": "CREDIT_ADD", "owner_id": "a", "nonce": "2"}'


@pytest.mark.parametrize(
    "body",
    [
        TWICE.replace(b'"amount": 2', rb'"amo\u0075nt": 2'),
        TWICE.replace(b'"nonce": "1"', rb'"nonce": "\u0022\u0022"'),  # as many quotes as the second name has
        b'{"entries": [%b]}' % TWICE,
        b'{"entries": [%b, %b]}' % (ONCE, TWICE),
    ],
)
def test_a_field_twice_is_found_however_it_is_written(api: Client, body: bytes) -> None:
    address = BATCHES if b"entries" in body else LEDGER
    response = api.post(address, body, content_type="application/json")
    assert problem_of(response)["errors"][0]["detail"] == "More than once"
    assert_nothing_was_written()


def test_a_value_like_a_field_s_name_is_no_second_field(post_json: Post) -> None:
    assert post_json(post_body(owner_id="nonce", nonce="owner_id")).status_code == 201


def test_a_field_that_comes_twice_is_refused(post_json: Post) -> None:
    """msgspec reads the last of two fields, and other parsers the first, so both are rejected."""
    response = post_json(b'{"operation": "CREDIT_ADD", "owner_id": "a", "nonce": "n", "amount": 1, "amount": 1000}')
    assert response.status_code == 400
    assert problem_of(response)["errors"] == [{"field": "amount", "detail": "More than once"}]
    assert_nothing_was_written()


def test_every_mistake_is_named_at_once(post_json: Post) -> None:
    problem = problem_of(post_json({"owner_id": "", "nonce": 5, "amount": "1", "x": 1}))
    assert [error["field"] for error in problem["errors"]] == ["operation", "owner_id", "nonce", "amount", "x"]


def test_a_thousand_mistakes_get_a_short_answer(post_json: Post) -> None:
    response = post_json({f"field-{n}": n for n in range(1000)})
    assert response.status_code == 400
    assert len(response.content) < 4096


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"nonsense",
        b"null",
        b"[]",
        b'"text"',
        b"5",
        b"\xff\xfe",
        b'{"operation": "CREDIT_ADD", "owner_id": "\xed\xa0\x80", "nonce": "n"}',  # a surrogate in UTF-8
        b'{"operation": "CREDIT_ADD", "owner_id": "\\ud800", "nonce": "n"}',  # a lone surrogate, escaped
        b'{"operation": "CREDIT_ADD", "owner_id": "a", "nonce": "n"} and more',
        b'{"operation": "CREDIT_ADD", "owner_id": "a", "nonce": "n", "amount": NaN}',
        b'{"operation": "CREDIT_ADD", "owner_id": "a", "nonce": "n", "amount": ' + b"9" * 5000 + b"}",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"operation": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(post_json: Post, body: bytes) -> None:
    response = post_json(body)
    assert response.status_code == 400
    assert problem_of(response)["code"] == "invalid-request"
    assert_nothing_was_written()


def test_a_body_over_64_kib_is_refused(post_json: Post) -> None:
    body = json.dumps(post_body()).encode()
    assert post_json(body.ljust(64 * 1024)).status_code == 201
    response = post_json(body.ljust(64 * 1024 + 1))
    assert response.status_code == 413
    assert problem_of(response)["code"] == "body-too-large"


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "", "?"]
)
def test_another_media_type_is_refused(api: Client, media_type: str) -> None:
    response = api.generic("POST", LEDGER, json.dumps(post_body()), content_type=media_type)
    assert response.status_code == 415
    assert problem_of(response)["code"] == "unsupported-media-type"
    assert_nothing_was_written()


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "deflate, gzip", "identity, gzip", "x" * 5000])
@pytest.mark.parametrize("address", [LEDGER, BATCHES])
def test_a_body_with_an_encoding_is_refused_by_its_name(api: Client, address: str, encoding: str) -> None:
    headers = {"Content-Encoding": encoding}
    response = api.post(address, post_body(), content_type="application/json", headers=headers)
    assert response.status_code == 415
    assert problem_of(response)["code"] == "unsupported-media-type"
    assert encoding[:100] in problem_of(response)["detail"]
    assert len(response.content) < 1024
    assert_nothing_was_written()


def test_a_body_that_says_it_has_no_encoding_is_taken(api: Client) -> None:
    headers = {"Content-Encoding": "Identity"}
    assert api.post(LEDGER, post_body(), content_type="application/json", headers=headers).status_code == 201


def test_json_with_a_charset_is_taken(api: Client) -> None:
    response = api.generic("POST", LEDGER, json.dumps(post_body()), content_type="application/json; charset=utf-8")
    assert response.status_code == 201


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_another_method_is_refused(api: Client, method: str) -> None:
    response = api.generic(method, LEDGER)
    assert response.status_code == 405
    assert problem_of(response)["code"] == "method-not-allowed"
    assert response["Allow"] == "POST"


def test_a_client_that_takes_no_json_is_told(api: Client) -> None:
    response = api.get("/api/v1/content/operations", headers={"Accept": "text/xml"})
    assert response.status_code == 406
    assert problem_of(response)["code"] == "not-acceptable"


@pytest.mark.parametrize(
    "path", ["/api/v1/imaginary/ledger", "/api/v1/content/ledger/", "/api/v1/content/ledger/a/b", "/api/"]
)
def test_another_address_is_not_found(api: Client, path: str) -> None:
    response = api.post(path, post_body(), content_type="application/json")
    assert response.status_code == 404
    assert problem_of(response)["code"] == "not-found"


@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json", "/api/v1/content/docs"])
def test_the_documents_refuse_as_the_api_does(api: Client, path: str) -> None:
    assert problem_of(api.post(path))["code"] == "method-not-allowed"
    assert problem_of(api.get(path, headers={"Accept": "image/png"}))["code"] == "not-acceptable"


def test_another_host_is_refused(api: Client) -> None:
    response = api.get("/api/v1/content/operations", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert problem_of(response)["code"] == "bad-request"


# Bytes that are not UTF-8: no first byte, overlong, a surrogate, past the end of Unicode, truncated. And a NUL.
UNREADABLE = ["%FF", "a%FEb", "%C0%AF", "%E0%80%AF", "%ED%A0%80", "%F5%80%80%80", "%C3", "a%E2%82", "%C3%25A4", "%00"]


@pytest.mark.parametrize("broken", UNREADABLE)
def test_a_path_that_is_not_utf_8_is_refused_at_every_address(api: Client, post_json: Post, broken: str) -> None:
    post_json(post_body(owner_id=broken))  # the id that Django would read from the path
    for path in (f"ledger/{broken}", f"ledger/{broken}/entries", f"entries/{broken}", broken):
        for method in ("GET", "POST"):
            address = f"/api/v1/content/{path}"
            response = api.generic(method, address, RAW_URI=address)  # gunicorn sets it
            assert response.status_code == 400
            assert problem_of(response)["code"] == "bad-request"
    for path in (f"/{broken}", f"/static/{broken}", f"/admin/{broken}"):
        response = api.get(path, RAW_URI=path)
        assert response.status_code == 400
        assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("owner_id", ["%FF", "100%", "%", "%%", "%zz", "Zoë", "\u20ac", "\U0001f600", "a b+c?d#e"])
def test_an_id_of_any_characters_is_at_its_own_address(api: Client, post_json: Post, owner_id: str) -> None:
    post_json(post_body(owner_id=owner_id))
    address = f"{LEDGER}/{quote(owner_id, safe='')}"
    assert api.get(address, RAW_URI=f"{address}?").json()["owner_id"] == owner_id


@pytest.mark.parametrize("path", ["/nowhere", "/static/nothing.css"])
def test_people_get_pages(api: Client, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
