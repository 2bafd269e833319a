"""The OpenAPI documents and their pages. No database."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema

from ledger_core.api.problems.registry import errors
from ledger_core.api.requests.types import CaptureRequest, HoldRequest, PostRequest, ReleaseRequest
from ledger_core.plugins import ledger_apps

APPS = [app.namespace for app in ledger_apps()]


@pytest.fixture
def schema(client: Client) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(client.get("/api/openapi.json").content)
    return document


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, described) for path, item in schema["paths"].items() for method, described in item.items()]


def test_each_app_has_its_document_and_all_have_one(client: Client, schema: dict[str, Any]) -> None:
    together = set()
    for app in APPS:
        document = json.loads(client.get(f"/api/v1/{app}/openapi.json").content)
        assert set(document["paths"]) == {
            f"/api/v1/{app}/ledger",
            f"/api/v1/{app}/batches",
            f"/api/v1/{app}/holds",
            f"/api/v1/{app}/holds/{{hold_id}}",
            f"/api/v1/{app}/holds/{{hold_id}}/capture",
            f"/api/v1/{app}/holds/{{hold_id}}/release",
            f"/api/v1/{app}/ledger/{{owner_id}}/holds",
            f"/api/v1/{app}/ledger/{{owner_id}}/lots",
            f"/api/v1/{app}/ledger/{{owner_id}}/explanation",
            f"/api/v1/{app}/ledger/{{owner_id}}",
            f"/api/v1/{app}/ledger/{{owner_id}}/entries",
            f"/api/v1/{app}/entries/{{entry_id}}",
            f"/api/v1/{app}/entries",
            f"/api/v1/{app}/operations",
        }
        together |= set(document["paths"])
    validate_schema(schema)  # this also validates the documents of the apps, which are its parts
    assert set(schema["paths"]) == together


def test_every_response_is_described_with_an_example(schema: dict[str, Any]) -> None:
    for path, method, described in operations(schema):
        for status, response in described["responses"].items():
            assert "X-Request-ID" in response["headers"]
            if status == "304":
                continue  # has no body
            problem = int(status) >= 400
            media_type = "application/problem+json" if problem else "application/json"
            assert list(response["content"]) == [media_type], (path, method, status)
            assert response["content"][media_type].get("examples"), (path, method, status)


def test_every_refusal_is_described(schema: dict[str, Any]) -> None:
    described = set(re.findall(r'"code": "([a-z-]+)"', json.dumps(schema)))
    refusals = {kind.code for kind in errors()}
    elsewhere = {"not-found", "bad-request", "method-not-allowed", "permission-denied"}  # no view raises these
    elsewhere |= {"unsupported-transfer-coding", "unsupported-http-version"}
    assert refusals - elsewhere <= described


def test_the_schema_is_what_requests_are_held_against(schema: dict[str, Any]) -> None:
    request = schema["components"]["schemas"]["ContentPostRequest"]
    assert request["required"] == ["operation", "owner_id"]  # the nonce can be in a header
    assert schema["components"]["schemas"]["ContentItemRequest"]["required"] == ["operation", "owner_id", "nonce"]
    assert request["additionalProperties"] is False
    assert request["properties"]["amount"]["minimum"] == 1
    assert request["properties"]["amount"]["maximum"] == 2**63 - 1
    assert request["properties"]["owner_id"]["maxLength"] == 128


def integers(part: Any, field: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the field of each integer in the document, and whether its format is int64."""
    if isinstance(part, dict):
        if part.get("type") == "integer":
            yield field, part.get("format") == "int64"
        for name, inner in part.items():
            for of, schema in inner.items() if name == "properties" else [(part.get("name", field), inner)]:
                yield from integers(schema, of)
    for inner in part if isinstance(part, list) else ():
        yield from integers(inner, field)


def test_integers_that_a_double_cannot_hold_are_marked(schema: dict[str, Any]) -> None:
    marked, others = (
        {field for field, is_marked in integers(schema) if is_marked is wanted} for wanted in (True, False)
    )
    assert marked >= {"id", "seq", "amount", "delta", "balance", "balance_after", "reverses", "remaining", "value"}
    assert marked >= {"max_amount", "entry_id", "before"}
    assert others == {"index", "replayed", "status", "limit", "expires_in"}


def test_every_example_request_is_taken(schema: dict[str, Any]) -> None:
    codes = set()
    kinds = {"holds": HoldRequest, "capture": CaptureRequest, "release": ReleaseRequest}
    for path, method, described in operations(schema):
        if method != "post":
            continue
        for example in described["requestBody"]["content"]["application/json"]["examples"].values():
            body = example["value"]
            if kind := kinds.get(path.rpartition("/")[2]):
                msgspec.convert(body, kind)
                continue
            for entry in body.get("entries", [body]):
                codes.add(msgspec.convert(entry, PostRequest).operation)
    assert codes == {operation.code for app in ledger_apps() for operation in app.operations}


@pytest.mark.parametrize("page", ["/api/docs", *(f"/api/v1/{app}/docs" for app in APPS)])
def test_the_pages_load_nothing_from_elsewhere(client: Client, page: str) -> None:
    response = client.get(page)
    assert response.status_code == 200
    addresses = re.findall(r'(?:src|href|url)["=: ]+"([^"]+)"', response.content.decode())
    assert addresses
    assert [address for address in addresses if not address.startswith("/")] == []
    for address in addresses:
        file = client.get(address)
        assert file.status_code == 200
        file.getvalue()  # reading to the end closes the file; close() would need a database
