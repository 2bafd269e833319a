"""Generates the Postman collection from the OpenAPI document, with Postman's own converter: `make client`."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COLLECTION = Path(__file__).with_name("shared-ledger.postman_collection.json")

CONVERTER = ["npx", "--yes", "--package=openapi-to-postmanv2@6.3.3", "openapi2postmanv2"]
OPTIONS = {
    "folderStrategy": "Tags",
    "parametersResolution": "Example",
    "enableOptionalParameters": "false",
    "alwaysInheritAuthentication": "true",
}
AUTH = {"type": "bearer", "bearer": [{"key": "token", "value": "{{key}}", "type": "string"}]}
APP = "content"  # every app has the same requests
VARIABLES = [
    {"key": "baseUrl", "value": "http://localhost:8000"},
    {"key": "app", "value": APP},
    {"key": "key", "value": ""},
]


def collection_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the collection of the requests of an app, with the app as a variable."""
    paths = {path: methods for path, methods in document["paths"].items() if path.startswith(f"/api/v1/{APP}/")}
    for operation in (operation for methods in paths.values() for operation in methods.values()):
        _choose_examples(operation)
        _resolve_headers(operation, document["components"]["headers"])
    collection = _converted({**document, "paths": paths})
    for item in _items(collection):
        _settle(item)
    del collection["info"]["_postman_id"]
    (folder,) = collection["item"]  # of the app
    return {"info": collection["info"], "auth": AUTH, "variable": VARIABLES, "item": folder["item"]}


def _choose_examples(operation: dict[str, Any]) -> None:
    """Remove the responses of rejected requests, and the examples of requests that an empty ledger would reject.

    Also the headers that a request can have, because the converter would send them with a made-up value.
    """
    operation["parameters"] = [given for given in operation.get("parameters", ()) if given["in"] != "header"]
    operation["responses"] = {
        status: described for status, described in operation["responses"].items() if status < "300"
    }
    if "requestBody" in operation:
        examples = operation["requestBody"]["content"]["application/json"]["examples"]
        for name in examples.keys() - {"CREDITADD", "Two", "Hold", "Part", "Rest"}:
            del examples[name]


def _resolve_headers(operation: dict[str, Any], headers: dict[str, Any]) -> None:
    """Replace references to response headers by the headers. The converter does not follow the references."""
    for response in operation["responses"].values():
        response["headers"] = {name: headers[name] for name in response["headers"]}


def _settle(item: dict[str, Any]) -> None:
    """Remove what differs in each run of the converter, and let Postman choose the nonces."""
    request = item.get("request", {})
    for part in (item, request, *item.get("response", ())):
        part.pop("id", None)
        part.pop("auth", None)  # null, which would override that of the collection
    for asked in (request, *(response.get("originalRequest", {}) for response in item.get("response", ()))):
        if path := asked.get("url", {}).get("path"):
            path[2] = "{{app}}"
    if text := request.get("body", {}).get("raw"):
        request["body"]["raw"] = re.sub('"nonce": "[^"]*"', '"nonce": "{{$guid}}"', text)  # Postman makes a new one


def _converted(document: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "openapi.json"), Path(folder, "collection.json")
        source.write_text(json.dumps(document))
        options = ",".join(f"{name}={value}" for name, value in OPTIONS.items())
        subprocess.run([*CONVERTER, "-s", source, "-o", target, "-O", options], check=True, stdout=sys.stderr)  # noqa: S603
        collection: dict[str, Any] = json.loads(target.read_text())
        return collection


def _items(folder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in folder.get("item", ()):
        yield item
        yield from _items(item)


if __name__ == "__main__":
    COLLECTION.write_text(json.dumps(collection_of(json.load(sys.stdin)), indent=2, ensure_ascii=False) + "\n")
