"""Fixtures for the tests of clients: the running service, and its OpenAPI document."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from ledger_project.tests.conftest import Project, Service, project

__all__ = ["project"]  # the fixture, for `service`


@pytest.fixture(scope="session")
def service(project: Project) -> Iterator[Service]:
    with project.serve() as service:
        yield service


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The OpenAPI document of all apps."""
    document: dict[str, Any] = json.loads(Client().get("/api/openapi.json").content)
    return document
