"""Request ids, the log line of each request, and the metrics."""

import logging
from collections.abc import Iterator

import pytest
from django.test import Client
from prometheus_client import REGISTRY

from ledger_core.access import clients
from ledger_core.observability import metrics
from ledger_core.observability.request_log import RequestIdFilter
from ledger_core.operations import Scope
from ledger_core.speed.series import series
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body

pytestmark = pytest.mark.django_db


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_request_keeps_the_id_that_it_came_with(api: Client) -> None:
    assert api.get("/api/v1/content/operations", headers={"X-Request-ID": "abc-1.2_3"})["X-Request-ID"] == "abc-1.2_3"


@pytest.mark.parametrize("given", ["", "a b", "a\tb", "x" * 129, "ä", '"}'])
def test_a_request_without_a_usable_id_gets_one(api: Client, given: str) -> None:
    returned = [api.get("/nowhere", headers={"X-Request-ID": given})["X-Request-ID"] for _ in range(2)]
    assert all(len(made) == 32 for made in returned)
    assert returned[0] != returned[1]


@pytest.fixture
def _ids_in_records(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Filter records as the service does. pytest has one handler for all tests, so the filter must not stay."""
    filter_ = RequestIdFilter()
    caplog.handler.addFilter(filter_)
    yield
    caplog.handler.removeFilter(filter_)


@pytest.mark.usefixtures("_ids_in_records")
def test_a_request_has_one_line_with_its_id(api: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        api.get("/api/v1/content/ledger/no%0Abody", headers={"X-Request-ID": "abc"})
    (record,) = [record for record in caplog.records if record.name != "django.request"]
    line = vars(record)
    assert line["request_id"] == "abc"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/content/ledger/no%0Abody", 400)
    assert line["route"] == "api/v1/content/ledger/<str:owner_id>"
    assert line["milliseconds"] > 0
    assert "\n" not in record.getMessage()


def test_a_key_that_strays_into_an_address_is_not_logged(api: Client, caplog: pytest.LogCaptureFixture) -> None:
    key = clients.create("blog", ["content"], [Scope.READ])
    with caplog.at_level(logging.INFO):
        api.get(f"/api/v1/content/ledger/{key}/entries?key={key}", headers={"X-Request-ID": key})
    assert key[:15] in caplog.text
    assert key[16:] not in caplog.text + str([vars(record) for record in caplog.records if not record.args])


@pytest.mark.usefixtures("_ids_in_records")
def test_a_failure_is_logged_with_its_traceback_and_id(
    post_json: Post, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger_core.posting.single._insert", lambda request: 1 / 0)
    response = post_json(post_body())
    (record,) = [record for record in caplog.records if record.exc_info]
    assert vars(record)["request_id"] == problem_of(response)["request_id"]


@pytest.fixture
def _no_credits_counted() -> None:
    """Forget the credits of other tests: counters are floats, and next to 9e18 credits ten more are lost."""
    metrics.CREDITS_MOVED.clear()
    series.cache_clear()


@pytest.mark.usefixtures("_no_credits_counted")
def test_entries_replays_and_refusals_are_counted(post_json: Post) -> None:
    def counts() -> tuple[float, ...]:
        return (
            metric("ledger_entries_posted_total", app="content", operation="CREDIT_ADD"),
            metric("ledger_credits_moved_total", app="content", operation="CREDIT_ADD", direction="in"),
            metric("ledger_credits_moved_total", app="content", operation="CREDIT_SPEND", direction="out"),
            metric("ledger_replays_total", app="content"),
            metric("ledger_refusals_total", app="content", reason="insufficient-balance"),
            metric("ledger_refusals_total", app="content", reason="invalid-operation"),
            metric("ledger_refusals_total", app="content", reason="invalid-request"),
            metric("ledger_post_seconds_count", app="content", operation="CREDIT_ADD"),
            metric("ledger_post_seconds_count", app="content", operation="CREDIT_SPEND"),
        )

    before = counts()
    body = post_body()
    for posted in (
        body,
        body,
        post_body(operation="CREDIT_SPEND", amount=11),
        post_body(operation="CREDIT_SPEND", amount=4, owner_id=body["owner_id"]),
        post_body(operation="NO_SUCH"),
        post_body(amount=0),
    ):
        post_json(posted)
    assert [after - once for after, once in zip(counts(), before, strict=True)] == [1, 10, 4, 1, 1, 1, 1, 2, 2]


def test_labels_never_come_from_a_request(api: Client, post_json: Post) -> None:
    secret = "s3cr3t"  # noqa: S105
    post_json(post_body(operation=secret, owner_id=secret, nonce=secret))
    api.get(f"/api/v1/content/ledger/{secret}")
    api.get(f"/{secret}")
    api.generic(secret.upper(), "/api/v1/content/operations")
    page = api.get("/metrics").content.decode()
    assert "ledger_http_request_seconds_count" in page
    assert secret not in page.lower()
