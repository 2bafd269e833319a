"""The API's shortcut around the middleware of pages, and how many Python calls a request needs."""

import gc
import re
import sys
from collections import Counter
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from django.conf import settings as of_project
from django.core.signals import request_started
from django.db import connection, reset_queries
from django.test import Client
from pytest_django import Settings
from rest_framework.request import Request

from ledger_core.access.rate_limits.rates import Rate
from ledger_core.api.views import LedgerAPIView
from ledger_core.tests.conftest import Post
from ledger_core.tests.factories import post_body

OPERATIONS = "/api/v1/content/operations"
# The test client connects and disconnects signals for each request, and dead receivers of other tests add to that.
_OF_TESTS = re.compile("/tests?/|pytest|/factory/|/faker/|/django/dispatch/")
# A few more than with Python 3.11, because versions differ. Calls of Python's own library are not counted.
MOST_CALLS = {"post": 363, "get": 262, "batch of 100": 2261}


@pytest.mark.django_db
def test_the_api_has_no_use_for_sessions(api: Client) -> None:
    assert not hasattr(api.get(OPERATIONS).wsgi_request, "session")
    assert hasattr(api.get("/api/v1/content/docs").wsgi_request, "session")


@pytest.mark.django_db
def test_what_comes_without_tls_is_sent_to_come_with_it(api: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    api.handler.load_middleware()
    assert api.get(OPERATIONS)["Location"] == f"https://testserver{OPERATIONS}"
    assert api.get(OPERATIONS, secure=True).status_code == 200


@pytest.mark.django_db
def test_head_is_answered_as_get_is(api: Client) -> None:
    head, get = api.head(OPERATIONS), api.get(OPERATIONS)
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == get["Content-Length"] == str(len(get.content))


@pytest.mark.django_db
def test_an_answer_in_json_is_not_taken_for_anything_else(api: Client) -> None:
    assert api.get(OPERATIONS)["X-Content-Type-Options"] == "nosniff"
    assert api.get(f"{OPERATIONS}/none")["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_what_is_answered_leaves_the_garbage_collector_nothing(api: Client, post_json: Post) -> None:
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        body = post_body()
        post_json(body)
        api.get(f"/api/v1/content/ledger/{body['owner_id']}")
        api.get("/api/v1/content/ledger/nobody")
        gc.collect()
        left = Counter(type(thing).__name__ for thing in gc.garbage if isinstance(thing, LedgerAPIView | Request))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert left == {}


@pytest.fixture
def _limited(settings: Settings) -> Iterator[None]:
    # An hour, because the first request of each window makes about ten calls more.
    settings.RATE_LIMIT = settings.ADDRESS_RATE_LIMIT = Rate(1_000_000, 3600)
    assert of_project.RATE_LIMIT
    # As in production. A test that counts queries connects it again.
    request_started.disconnect(reset_queries)
    connection.ensure_connection()
    yield
    connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_limited")
@pytest.mark.parametrize("kind", MOST_CALLS)
def test_a_request_makes_no_more_calls_than_it_did(api: Client, post_json: Post, kind: str) -> None:
    """All of it: authentication, limits, validation, metrics and the log."""
    owner = post_body(owner_id="alice")
    post_json(owner)

    def ask() -> Any:
        match kind:
            case "post":
                return post_json(post_body(owner_id="alice"))
            case "get":
                return api.get("/api/v1/content/ledger/alice")
        batch = {"entries": [post_body() for _ in range(100)]}
        return api.post("/api/v1/content/batches", batch, content_type="application/json")

    ask()
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and ("site-packages" in file or "ledger_core" in file) and not _OF_TESTS.search(file):
            calls[f"{file.rpartition('site-packages')[2]} {frame.f_code.co_name}"] += 1

    gc.collect()
    gc.disable()  # Django's callbacks for the garbage of other tests are not calls of this request
    sys.setprofile(count)
    try:
        response = ask()
    finally:
        sys.setprofile(None)
        gc.enable()
    assert response.status_code in (200, 201)
    assert calls.total() <= MOST_CALLS[kind], calls.most_common(20)
