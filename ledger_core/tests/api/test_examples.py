"""The examples of the OpenAPI documents, run in their order on an empty ledger, as on the Swagger page."""

import json
from typing import Any

import pytest
from django.test import Client

from ledger_core.plugins import ledger_apps

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

APPS = [app.namespace for app in ledger_apps()]


def operations(client: Client, document: str) -> list[tuple[str, str, dict[str, Any]]]:
    paths = json.loads(client.get(document).content)["paths"]
    return [(path, method, operation) for path, methods in paths.items() for method, operation in methods.items()]


def posted(api: Client, document: str, entry_ids: dict[str, int] | None = None) -> list[tuple[int, Any]]:
    """Post every example and return the responses. `entry_ids`, by operation, replace the ids in the examples."""
    answers = []
    for path, method, operation in operations(api, document):
        if method == "post":
            in_path = {name: value for name, value in examples_of(operation).items() if "{" + name + "}" in path}
            if in_path and entry_ids is not None:
                in_path["hold_id"] = entry_ids["the hold"]
            for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
                body = example["value"]
                if "reverses" in body and entry_ids is not None:
                    (reversed_,) = [code for code in entry_ids if f"{code} returned" in example["description"]]
                    body["reverses"] = entry_ids[reversed_]
                response = api.post(path.format(**in_path), json.dumps(body), content_type="application/json")
                answer = json.loads(response.content)
                answers.append((response.status_code, answer))
                if entry_ids is not None and "id" in answer:
                    entry_ids["the hold" if "state" in answer else answer["operation"]] = answer["id"]
    return answers


def read(api: Client, document: str) -> dict[str, int]:
    """Send the example of every GET, and return the statuses."""
    statuses = {}
    for path, method, operation in operations(api, document):
        if method == "get":
            statuses[operation["operationId"]] = api.get(path.format(**examples_of(operation))).status_code
    return statuses


def examples_of(operation: dict[str, Any]) -> dict[str, Any]:
    return {parameter["name"]: parameter.get("example") for parameter in operation.get("parameters", ())}


@pytest.mark.parametrize("app", APPS)
def test_all_examples_of_an_app_run_as_they_stand(api: Client, app: str) -> None:
    document = f"/api/v1/{app}/openapi.json"
    first = posted(api, document)
    assert {status for status, _ in first} == {201}, first
    assert {status for status, _ in posted(api, document)} == {200}  # the second time, all are replays
    assert set(read(api, document).values()) == {200}


def test_the_examples_of_all_apps_run_with_the_ids_that_they_name(api: Client) -> None:
    answers = posted(api, "/api/openapi.json", {})
    assert {status for status, _ in answers} == {201}, answers
