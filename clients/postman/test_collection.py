"""The Postman collection has every request of the present API, in a form that the API accepts, and no key."""

import json
import re
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jsonschema_rs
import pytest
from make_collection import collection_of

from ledger_core.plugins import ledger_apps
from ledger_project.tests.conftest import Service

TEXT = Path(__file__).with_name("shared-ledger.postman_collection.json").read_text()
COLLECTION = json.loads(TEXT)


def requests_of(folder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in folder["item"]:
        if "item" in item:
            yield from requests_of(item)
        else:
            yield item["request"]


REQUESTS = list(requests_of(COLLECTION))
NOT_THERE = ("account-not-found", "entry-not-found", "hold-not-found")
APPS = [app.namespace for app in ledger_apps()]


def path_of(request: dict[str, Any], app: str) -> str:
    """Return the path of an app as it is in the document."""
    return re.sub(r":(\w+)", r"{\1}", "/" + "/".join(request["url"]["path"])).replace("{{app}}", app)


def test_every_request_of_the_present_api_is_there(document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert {(request["method"], path_of(request, app)) for request in REQUESTS for app in APPS} == described, (
        "The API has changed: make client"
    )


@pytest.mark.parametrize("app", APPS)
def test_every_parameter_of_the_present_api_is_there(document: dict[str, Any], app: str) -> None:
    for request in REQUESTS:
        described = document["paths"][path_of(request, app)][request["method"].lower()].get("parameters", [])
        given = {parameter["key"] for kind in ("query", "variable") for parameter in request["url"][kind]}
        assert given == {parameter["name"] for parameter in described if parameter["in"] != "header"}, (
            f"{path_of(request, app)} has changed: make client"
        )


@pytest.mark.parametrize("app", APPS)
def test_every_body_is_as_the_present_api_asks_for_it(document: dict[str, Any], app: str) -> None:
    for request in REQUESTS:
        described = document["paths"][path_of(request, app)][request["method"].lower()].get("requestBody")
        assert bool(described) == bool(request["body"]), path_of(request, app)
        if described:
            schema = described["content"]["application/json"]["schema"]
            validator = jsonschema_rs.validator_for({**schema, "components": document["components"]})
            validator.validate(json.loads(request["body"]["raw"]))


@pytest.mark.skipif(not shutil.which("npx"), reason="npx is not installed, which runs Postman's converter")
def test_it_is_what_make_client_makes(document: dict[str, Any]) -> None:
    assert collection_of(deepcopy(document)) == COLLECTION, "The API has changed: make client"


def test_no_key_is_in_it() -> None:
    assert [token["value"] for token in COLLECTION["auth"]["bearer"]] == ["{{key}}"]
    assert {variable["key"]: variable["value"] for variable in COLLECTION["variable"]} == {
        "baseUrl": "http://localhost:8000",
        "app": "content",
        "key": "",
    }
    assert all(request["url"]["host"] == ["{{baseUrl}}"] for request in REQUESTS)
    assert "auth" not in {name for request in REQUESTS for name in request}
    assert not re.search("ledger_[0-9a-f]{8}|Bearer ", TEXT)


@pytest.mark.service
@pytest.mark.parametrize("app", APPS)
def test_every_request_is_answered_as_it_stands(service: Service, app: str) -> None:
    with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {service.key}"}) as client:
        for request in sorted(REQUESTS, key=lambda request: request["method"], reverse=True):  # POST before GET
            path = path_of(request, app)
            for variable in request["url"]["variable"]:
                path = path.replace(f"{{{variable['key']}}}", variable["value"])
            body = re.sub(r"{{\$guid}}", lambda _: str(uuid4()), request["body"].get("raw", ""))
            headers = {header["key"]: header["value"] for header in request["header"]}
            answer = client.request(request["method"], path, headers=headers, content=body)
            # The collection names one owner, one entry and one hold, which another app may not have.
            assert answer.is_success or answer.json()["code"] in NOT_THERE, answer.text
