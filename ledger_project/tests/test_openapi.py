"""docs/openapi.json is the OpenAPI document of the present API, so that a reviewer sees what a change does to it."""

import json
import re
from typing import Any

from django.test import Client

from ledger_project.tests.conftest import ROOT

TEXT = (ROOT / "docs" / "openapi.json").read_text()
WRITTEN: dict[str, Any] = json.loads(TEXT)


def app_of(path: str) -> str:
    return path.split("/")[3]  # /api/v1/{app}/…


def document_of(apps: set[str]) -> dict[str, Any]:
    """Return the present document of those apps, with only the components that they use."""
    document: dict[str, Any] = json.loads(Client().get("/api/openapi.json").content)
    paths = {path: methods for path, methods in document["paths"].items() if app_of(path) in apps}
    every = document["components"]
    used = {"schemas": set[str](), "headers": set[str](), "examples": set[str]()}
    pending = [json.dumps(paths)]
    while pending:
        for kind, name in re.findall(r'"#/components/(\w+)/([^"]+)"', pending.pop()):
            if name not in used[kind]:
                used[kind].add(name)
                pending.append(json.dumps(every[kind][name]))
    components = {
        kind: {name: part for name, part in parts.items() if name in used.get(kind, parts)}
        for kind, parts in every.items()
    }
    return {**document, "paths": paths, "components": components}


def test_the_file_is_the_document_of_the_present_api() -> None:
    """An app that was added since is not in it before the next `make client`: adding one needs no command."""
    present = document_of({app_of(path) for path in WRITTEN["paths"]})
    assert json.dumps(present, indent=2, ensure_ascii=False) + "\n" == TEXT, (
        "The API has changed: run `make client` (or `make openapi`, which needs no npx), and commit docs/openapi.json."
    )
