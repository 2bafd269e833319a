"""What the core's tests share."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, connection
from django.test import Client
from msgspec.structs import fields

from ledger_core.api.problems.registry import errors
from ledger_core.api.problems.types import Problem
from ledger_core.postgresql.errors import constraint_of

Post = Callable[..., Any]


@pytest.fixture
def post_json(api: Client) -> Post:
    """Return a function that posts a body, encoded unless it is bytes, to an app's ledger."""

    def post(body: Any, app: str = "content", **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return api.post(f"/api/v1/{app}/ledger", content, content_type="application/json", headers=headers)

    return post


def staff(*codenames: str) -> Client:
    """Return the browser of a staff user with these permissions and no others."""
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


@contextmanager
def locked(owner_id: str) -> Iterator[None]:
    """Hold the lock of an account on another connection, and let this one wait for locks only briefly."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT FROM ledger_account WHERE owner_id = %s FOR NO KEY UPDATE", [owner_id])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        yield
    finally:
        other.close()
        connection.close()  # the next one has the timeout of the settings


@contextmanager
def rejected_by(constraint: str) -> Iterator[None]:
    """Expect that the database rejects a statement inside the context, by this constraint."""
    with pytest.raises(IntegrityError) as rejection:
        yield
    assert constraint_of(rejection.value) == constraint


def problem_of(response: Any) -> dict[str, Any]:
    """Return the response's problem document. Fails unless it is a valid one."""
    assert response["Content-Type"] == "application/problem+json", response
    problem: dict[str, Any] = json.loads(response.content)
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response["X-Request-ID"]
    assert problem["type"] == f"/api/problems/{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    kind = errors().get(problem["code"])
    assert kind  # so the problem has a page
    assert problem["title"] == kind.title
    assert problem.keys() - {field.name for field in fields(Problem) if field.required} <= kind.members.keys()
    return problem
