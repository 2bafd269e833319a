"""GET entries: an app's entries over all owners. And the complete statement of one owner, with `scope=all`."""

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from ledger_core.access import keys
from ledger_core.models import Client as ApiClient
from ledger_core.models import Entry
from ledger_core.operations.corrections import CORRECTIONS, Correction
from ledger_core.posting import InsufficientBalance, Item, post, post_batch
from ledger_core.queries import entries
from ledger_core.queries.entries import Filters, Order, entries_of_app
from ledger_core.tests.api.test_get_entries import Explained
from ledger_core.tests.conftest import problem_of
from ledger_core.tests.imaginary import ADD, IMAGINARY, SPEND

pytestmark = pytest.mark.django_db

LIMITS: dict[Order, Any] = {Order.NEWEST_FIRST: "before", Order.OLDEST_FIRST: "after"}
ADDRESS = "/api/v1/content/entries"
BEGINNING = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def day() -> list[int]:
    """Forty entries of two apps and four owners, some with equal times. Return the ids of content's, in order."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"entries": 40, "beginning": BEGINNING})
    entries = Entry.objects.filter(app="content").order_by("created_on", "id")
    return [entry.pk for entry in entries]


# Only this module uses these nonces and references. An index still has the entries that other tests rolled back, and a
# plan counts those with the same value.
FILL = """
    INSERT INTO ledger_entry
        (owner_id, seq, app, operation, amount, delta, balance_after, held, held_after, nonce, client, reference,
        metadata, created_on, form, hash)
    SELECT
        'owner-' || n %% 4, n, (ARRAY['content', 'content', 'ecommerce'])[n %% 3 + 1],
        (ARRAY['CREDIT_ADD', 'CREDIT_SPEND', 'CONTENT_ACCESS', 'CREDIT_ADD', 'REMOVED'])[n %% 5 + 1], 1, 0, 0, 0, 0,
        'filled-' || n / 4, '', CASE WHEN n %% 10 = 0 THEN 'filled-' || n %% 4 END,
        jsonb_build_object('number', (n %% 7)::text), %(beginning)s + n / 3 * interval '1 minute', 1, ''
    FROM generate_series(0, %(entries)s - 1) n ORDER BY random()
"""


def get(api: Client, address: str = ADDRESS, **query: Any) -> dict[str, Any]:
    response = api.get(address, query)
    assert response.status_code == 200, response.content
    document: dict[str, Any] = json.loads(response.content)
    link = response.headers.get("Link")
    assert link == (f'<{document["next"]}>; rel="next"' if document["next"] else None)
    return document


def pages(api: Client, **query: Any) -> Iterator[list[int]]:
    page = get(api, **query)
    yield [entry["id"] for entry in page["entries"]]
    while page["next"]:
        page = get(api, page["next"])
        yield [entry["id"] for entry in page["entries"]]


@pytest.mark.parametrize("limit", [1, 7, 26, 27, 100])
def test_pages_in_both_directions_have_every_entry_once(api: Client, day: list[int], limit: int) -> None:
    newest_first = [pk for page in pages(api, limit=limit) for pk in page]
    assert newest_first == day[::-1]
    assert [pk for page in pages(api, limit=limit, order="oldest_first") for pk in page] == day


@pytest.mark.parametrize(
    "query",
    [
        {"owner_id": "owner-1"},
        {"operation": "CREDIT_ADD"},
        {"operation": "REMOVED"},
        {"reference": "filled-2"},
        {"nonce": "filled-3"},
        {"owner_id": "owner-2", "metadata.number": "3"},
        {"reference": "filled-2", "metadata.number": "6", "operation": "CREDIT_ADD"},
        {"since": "2026-11-01T00:04:00Z"},
        {"until": "2026-11-01T00:04:00Z"},
        {"since": "2026-11-01T00:04:00Z", "until": "2026-11-01T00:05:00Z"},
        {"owner_id": "nobody"},
        {"reference": "none"},
    ],
    ids=str,
)
def test_they_are_filtered(api: Client, day: list[int], query: dict[str, str]) -> None:
    wanted = {name.partition(".")[0]: value for name, value in query.items()}
    found = Entry.objects.filter(app="content")
    for name, value in wanted.items():
        found = found.filter(
            **{
                {"since": "created_on__gte", "until": "created_on__lt", "metadata": "metadata__number"}.get(
                    name, name
                ): value
            }
        )
    expected = [entry.pk for entry in found.order_by("-created_on", "-id")]
    assert [pk for page in pages(api, **query, limit=2) for pk in page] == expected
    assert [pk for page in pages(api, **query, limit=2, order="oldest_first") for pk in page] == expected[::-1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"metadata.order": "1"}, "metadata.order"),
        ({"metadata.order": "1", "since": "2026-11-01T00:00:00Z"}, "metadata.order"),
        ({"metadata": "1"}, "metadata"),
        ({"metadata.": "1"}, "metadata."),
        ({"order": "down"}, "order"),
        ({"before": 0}, "before"),
        ({"scope": "all"}, "scope"),
        ({"client": "shop"}, "client"),
        ({"reference": ""}, "reference"),
        ({"reference": "a\0b"}, "reference"),
        ({"nonce": "a\nb"}, "nonce"),
        ({"owner_id": "a/b"}, "owner_id"),
        ({"owner_id": "a", "metadata.key": "a\0b"}, "metadata"),
        ({"owner_id": "a", "metadata.a b": "c"}, "metadata"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_named(api: Client, query: dict[str, Any], field: str) -> None:
    problem = problem_of(api.get(ADDRESS, query))
    assert (problem["status"], problem["code"]) == (400, "invalid-request")
    assert field in problem["detail"]


@pytest.mark.parametrize("limit", ["before", "after"])
def test_a_page_begins_at_an_entry_of_the_app(api: Client, day: list[int], limit: str) -> None:
    of_another = Entry.objects.filter(app="ecommerce").latest("id").pk
    for pk in (of_another, 999_999_999_999):
        problem = problem_of(api.get(ADDRESS, {limit: pk}))
        assert (problem["status"], problem["code"]) == (404, "entry-not-found")
    entries = get(api, before=day[20], after=day[10], order="oldest_first")["entries"]
    assert [entry["id"] for entry in entries] == day[11:20]


def test_the_same_metadata_key_twice_is_rejected(api: Client) -> None:
    assert problem_of(api.get(f"{ADDRESS}?owner_id=a&metadata.a=1&metadata.a=2"))["errors"] == [
        {"field": "metadata.a", "detail": "More than once"}
    ]


def test_entries_of_the_last_half_minute_are_only_in_pages_that_begin_with_them(api: Client) -> None:
    entry = post(IMAGINARY, ADD, owner_id="alice", nonce="1").entry
    filters = Filters()
    assert entries_of_app("imaginary", filters, limit=1).entries == [entry]
    assert entries_of_app("imaginary", filters, limit=1, order=Order.OLDEST_FIRST).entries == []


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(operation="CREDIT_ADD"),
        Filters(operation="NEVER"),
        Filters(reference="filled-2"),
        Filters(nonce="filled-77"),
        Filters(since=BEGINNING + timedelta(days=3)),
        Filters(until=BEGINNING + timedelta(days=3), operation="REMOVED"),
    ],
    ids=str,
)
def test_a_page_is_read_by_index(filters: Filters) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"entries": 30_000, "beginning": BEGINNING})
        cursor.execute("ANALYZE ledger_entry")
    middle = Entry.objects.filter(app="content").order_by("created_on", "id")[10_000]
    for order in Order:
        for after in (None, middle.pk):
            with Explained() as explained:
                entries_of_app("content", filters, order=order, limit=10, **{LIMITS[order]: after})
            assert explained.rows() < 400, explained.plans


def test_a_complete_statement_has_all_apps_and_corrections(api: Client, day: list[int]) -> None:
    for app in ("content", "ecommerce"):
        api.post(
            f"/api/v1/{app}/ledger",
            {"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": app},
            content_type="application/json",
        )
    post(CORRECTIONS, Correction.CORRECTION_TAKE, owner_id="alice", nonce="1", amount=20, metadata={"reason": "Twice."})
    address = "/api/v1/content/ledger/alice/entries"
    statement = get(api, address, scope="all", order="oldest_first")["entries"]
    assert [entry["app"] for entry in statement] == ["content", "ecommerce", "ledger_core"]
    assert [entry["balance_after"] for entry in statement] == [10, 20, 0]
    assert statement[-1]["metadata"] == {"reason": "Twice."}
    assert [entry["app"] for entry in get(api, address)["entries"]] == ["content"]
    assert len(get(api, address, scope="all", operation="CREDIT_ADD")["entries"]) == 2
    following = get(api, address, order="oldest_first", after=2, scope="all")
    assert [entry["seq"] for entry in following["entries"]] == [3]


def test_a_complete_statement_needs_its_scope(api: Client) -> None:
    keys._client_of_digest.cache_clear()
    ApiClient.objects.update(scopes=["read", "post", "mint"])
    problem = problem_of(api.get("/api/v1/content/ledger/alice/entries", {"scope": "all"}))
    assert (problem["status"], problem["code"], problem["scope"]) == (403, "missing-scope", "read-all")


@pytest.mark.django_db(transaction=True)
def test_a_client_that_polls_reads_each_entry_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """While others post entries and batches, some are rejected, and one keeps its transaction open."""
    monkeypatch.setattr(entries, "UNSETTLED", timedelta(seconds=3))
    ended = Event()

    def write(writer: int) -> None:
        choice, end = random.Random(writer), monotonic() + 5  # noqa: S311
        number = 0
        while monotonic() < end:
            number += 1
            owner, nonce = f"owner-{choice.randrange(6)}", f"{writer}-{number}"
            try:
                if choice.random() < 0.2:
                    post_batch(IMAGINARY, [Item(ADD, f"owner-{n}", nonce) for n in range(6)])
                elif writer == 0:
                    with transaction.atomic():
                        post(IMAGINARY, ADD, owner_id="slow", nonce=nonce)
                        sleep(1)
                else:
                    post(
                        IMAGINARY,
                        choice.choice([ADD, SPEND]),
                        owner_id=owner,
                        nonce=nonce,
                        amount=choice.randrange(1, 20),
                    )
            except InsufficientBalance:
                pass
        connection.close()

    def poll() -> list[int]:
        read: list[int] = []
        last: int | None = None
        while True:
            final = ended.is_set()
            page = entries_of_app("imaginary", Filters(), order=Order.OLDEST_FIRST, limit=50, after=last)
            read += [entry.pk for entry in page.entries]
            last = read[-1] if read else None
            if final and not page.entries:
                connection.close()
                return read
            if not page.entries:
                sleep(0.02)

    with ThreadPoolExecutor(9) as threads:
        polling = threads.submit(poll)
        try:
            for writing in [threads.submit(write, writer) for writer in range(8)]:
                writing.result()
            sleep(3.1)
        finally:  # also if a writer fails: otherwise the polling would go on for ever
            ended.set()
        read = polling.result()
    posted = list(Entry.objects.values_list("pk", flat=True))
    assert len(posted) > 100
    assert sorted(read) == sorted(posted)
    assert len(read) == len(set(read))
