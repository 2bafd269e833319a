"""GET ledger/{owner_id}/entries, GET entries/{id} and GET ledger/{owner_id}?at=…"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from psycopg import sql
from pytest_django import DjangoAssertNumQueries

from ledger_core.models import Account, Entry
from ledger_core.operations.drafts import Draft, Item
from ledger_core.posting.stored import earlier_entries
from ledger_core.queries.balances import balance_at
from ledger_core.queries.entries import Filters, Order, Page, entries_of_owner
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body
from ledger_core.tests.imaginary import ADD, IMAGINARY

pytestmark = pytest.mark.django_db

ENTRIES = "/api/v1/content/ledger/alice/entries"


@pytest.fixture
def history(post_json: Post) -> list[Entry]:
    """Ten entries of alice, an hour apart, alternately of both apps. Every third one spends."""
    for n in range(10):
        operation = "CREDIT_SPEND" if n % 3 == 2 else "CREDIT_ADD"
        post_json(post_body(owner_id="alice", operation=operation), app=("content", "ecommerce")[n % 2])
    post_json(post_body(owner_id="bob"))
    with connection.cursor() as cursor:  # within a transaction, all entries have the same time
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ledger_entry SET created_on = created_on - (20 - seq) * interval '1 hour'")
        cursor.execute("SET LOCAL session_replication_role = origin")
    return list(Entry.objects.filter(owner_id="alice").order_by("seq"))


def get(api: Client, address: str, **query: str | int) -> Any:
    response = api.get(address, query)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def seqs(document: dict[str, Any]) -> list[int]:
    return [entry["seq"] for entry in document["entries"]]


def test_an_app_lists_its_own_entries_newest_first(api: Client, history: list[Entry]) -> None:
    document = get(api, ENTRIES)
    assert seqs(document) == [9, 7, 5, 3, 1]
    assert document["next"] is None
    assert document["entries"][0]["hash"] == bytes(history[8].hash).hex()
    assert seqs(get(api, ENTRIES.replace("content", "ecommerce"))) == [10, 8, 6, 4, 2]


def test_pages_follow_each_other_while_entries_arrive(api: Client, post_json: Post, history: list[Entry]) -> None:
    page = get(api, ENTRIES, limit=2)
    read = seqs(page)
    while page["next"]:
        post_json(post_body(owner_id="alice"))
        page = get(api, page["next"])
        read += seqs(page)
    assert read == [9, 7, 5, 3, 1]


@pytest.mark.parametrize("operation", [{}, {"operation": "CREDIT_ADD"}])
def test_the_last_page_has_no_next_page_even_when_it_is_full(
    api: Client, history: list[Entry], operation: dict[str, str]
) -> None:
    every = seqs(get(api, ENTRIES, **operation))
    page = get(api, ENTRIES, limit=len(every) - 1, **operation)
    assert seqs(page) == every[:-1]
    last = get(api, page["next"])
    assert (seqs(last), last["next"]) == (every[-1:], None)
    full = get(api, ENTRIES, limit=len(every), **operation)
    assert (seqs(full), full["next"]) == (every, None)


def test_the_next_page_of_any_owner_has_an_address(api: Client, post_json: Post) -> None:
    owner = "a?b=c&d#e 100% ü"
    for _ in range(2):
        post_json(post_body(owner_id=owner))
    page = get(api, f"/api/v1/content/ledger/{quote(owner)}/entries", limit=1)
    assert seqs(get(api, page["next"])) == [1]


def test_they_are_filtered_by_operation(api: Client, history: list[Entry]) -> None:
    document = get(api, ENTRIES, operation="CREDIT_SPEND", limit=1)
    assert seqs(document) == [9]
    assert seqs(get(api, document["next"])) == [3]


def test_they_are_filtered_by_time(api: Client, history: list[Entry]) -> None:
    third, seventh = (history[seq - 1].created_on.isoformat() for seq in (3, 7))
    assert seqs(get(api, ENTRIES, since=third)) == [9, 7, 5, 3]
    assert seqs(get(api, ENTRIES, until=seventh)) == [5, 3, 1]
    page = get(api, ENTRIES, since=third, until=seventh, limit=1)
    assert seqs(page) == [5]
    assert seqs(get(api, page["next"])) == [3]
    assert seqs(get(api, ENTRIES, since="2100-01-01T00:00:00Z")) == []
    assert seqs(get(api, ENTRIES, until="1970-01-01T00:00:00Z")) == []


def test_an_owner_without_entries_in_the_app_has_an_empty_list(api: Client, history: list[Entry]) -> None:
    assert get(api, "/api/v1/ecommerce/ledger/bob/entries") == {"entries": [], "next": None}


def test_an_owner_without_an_account_is_not_found(api: Client) -> None:
    response = api.get(ENTRIES)
    assert (response.status_code, problem_of(response)["code"]) == (404, "account-not-found")


@pytest.mark.parametrize("operation", ["PURCHASE", "%00"])
def test_an_operation_that_the_app_does_not_have_is_refused(api: Client, operation: str) -> None:
    response = api.get(f"{ENTRIES}?operation={operation}")
    assert (response.status_code, problem_of(response)["code"]) == (400, "invalid-operation")


def test_an_entry_is_read_by_the_app_that_posted_it(api: Client, history: list[Entry]) -> None:
    entry = history[0]
    assert get(api, f"/api/v1/content/entries/{entry.pk}")["nonce"] == entry.nonce
    response = api.get(f"/api/v1/ecommerce/entries/{entry.pk}")
    assert (response.status_code, problem_of(response)["code"]) == (404, "entry-not-found")


@pytest.mark.parametrize("entry_id", ["0", "-1", "x", "03", "+3", "3.0", "%D9%A3", "9223372036854775808", "9" * 400])
def test_an_id_that_cannot_be_is_not_found(api: Client, entry_id: str) -> None:
    assert problem_of(api.get(f"/api/v1/content/entries/{entry_id}"))["status"] == 404


def test_a_balance_is_read_as_it_was_at_a_moment(api: Client, history: list[Entry]) -> None:
    address = "/api/v1/content/ledger/alice"
    for entry in history:
        for moment in (entry.created_on, entry.created_on + timedelta(minutes=59)):
            then = get(api, address, at=moment.isoformat())
            assert (then["seq"], then["balance"]) == (entry.seq, entry.balance_after)
    assert get(api, address, at="2100-01-01T00:00:00Z") | {"next_expiry": None} == get(api, address) | {
        "updated_on": history[-1].created_on.isoformat().replace("+00:00", "Z")
    }
    before = history[0].created_on - timedelta(microseconds=1)
    assert problem_of(api.get(address, {"at": before.isoformat()}))["code"] == "account-not-found"


def test_of_entries_of_one_moment_the_last_counts(api: Client) -> None:
    entries = [post_body(owner_id="alice", amount=amount) for amount in (1, 2, 3)]
    response = api.post("/api/v1/content/batches", {"entries": entries}, content_type="application/json")
    moment = json.loads(response.content)["entries"][0]["created_on"]
    assert get(api, "/api/v1/content/ledger/alice", at=moment)["balance"] == 60


def test_a_moment_is_unclear_where_entries_of_the_future_may_be_from_before_it(api: Client, post_json: Post) -> None:
    """The database's clock was ahead for a while: neither 404 nor a balance without these entries would be right."""
    post_json(post_body(owner_id="alice"))
    first = Account.objects.get().created_on
    ahead = datetime.now(UTC) + timedelta(hours=26)
    Account.objects.update(updated_on=ahead)
    post_json(post_body(owner_id="alice"))

    address = "/api/v1/content/ledger/alice"
    problem = problem_of(api.get(address, {"at": datetime.now(UTC).isoformat()}))
    assert (problem["status"], problem["code"]) == (409, "moment-unclear")
    assert get(api, address, at=ahead.isoformat())["balance"] == get(api, address)["balance"] == 20
    earlier = api.get(address, {"at": (first - timedelta(seconds=1)).isoformat()})
    assert problem_of(earlier)["code"] == "account-not-found"


@pytest.mark.django_db(transaction=True)  # in a transaction, each query would have a savepoint
def test_each_read_is_one_query(
    api: Client, post_json: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    posted = json.loads(post_json(post_body(owner_id="alice")).content)
    moment = quote(posted["created_on"])
    for address in (
        f"{ENTRIES}?since={moment}&until={moment}&before=9&operation=CREDIT_ADD",
        f"{ENTRIES}?limit=2",
        f"/api/v1/content/ledger/alice?at={moment}",
        f"/api/v1/content/entries/{posted['id']}",
    ):
        with django_assert_num_queries(1):
            assert api.get(address).status_code == 200


def test_an_entry_is_answered_alike_by_every_address(api: Client, post_json: Post) -> None:
    claimed = post_body(owner_id="alice", operation="DAILY_REWARD")
    for body in (post_body(owner_id="alice"), claimed):
        posted = json.loads(post_json(body).content)
        assert get(api, f"/api/v1/content/entries/{posted['id']}") == posted
        assert get(api, ENTRIES, limit=1)["entries"] == [posted]


@pytest.mark.parametrize("plans", ["force_custom_plan", "force_generic_plan"])
def test_deep_pages_moments_and_nonces_are_found_by_index(plans: str) -> None:
    """Of ten thousand entries, PostgreSQL reads about as many as are returned, also with the generic plan."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL plan_cache_mode = {plans}")
        cursor.execute(FILL)
        # Otherwise the plan depends on other tests: on dead rows and old statistics.
        cursor.execute("CLUSTER ledger_entry USING ledger_entry_pkey")
        cursor.execute("ANALYZE ledger_entry")
        moment = Entry.objects.get(owner_id="old", seq=3000).created_on
        for read in (
            lambda: entries_of_owner("old", Filters(app="content"), limit=10, before=5000),
            lambda: entries_of_owner("old", Filters(app="content", until=moment), limit=10),
            lambda: entries_of_owner(
                "old", Filters(app="content", until=moment, since=moment - timedelta(minutes=5)), limit=10
            ),
            lambda: balance_at("old", moment),
            lambda: earlier_entries([Draft.of(IMAGINARY, Item(ADD, "old", "nonce-5000"), "")]),
        ):
            with Explained() as explained:
                read()
            assert explained.rows() < 60, explained.plans


@pytest.mark.parametrize(("app", "operation"), [("ecommerce", None), ("content", "DAILY_REWARD")])
def test_a_page_searches_a_limited_number_of_entries(api: Client, app: str, operation: str | None) -> None:
    """Also if the owner has far more, and none that is asked for. The pages after it lead to the oldest entry."""
    with connection.cursor() as cursor:
        cursor.execute(FILL.replace("10000", "25000"))
        cursor.execute("ANALYZE ledger_entry")
    filters = Filters(app=app, operation=operation)
    newest, oldest = Order
    with Explained() as explained:
        assert entries_of_owner("old", filters, limit=10) == Page([], 15001)
        assert entries_of_owner("old", filters, limit=10, order=oldest) == Page([], 10000)
    assert explained.rows() < 20_020, explained.plans
    for order, name, page in (
        (newest, "before", {15001: 5001, 5001: None}),
        (oldest, "after", {10000: 20000, 20000: None}),
    ):
        for start, following in page.items():
            limits: Any = {name: start}
            assert entries_of_owner("old", filters, limit=10, order=order, **limits) == Page([], following)
    assert seqs(get(api, ENTRIES.replace("alice", "old"), before=15001, limit=1)) == [15000]


FILL = """
    WITH account AS (
        INSERT INTO ledger_account (owner_id, balance, seq, head, created_on, updated_on)
        VALUES ('old', 0, 10000, '', now(), now()) RETURNING owner_id
    )
    INSERT INTO ledger_entry
        (owner_id, seq, app, operation, amount, delta, balance_after, held, held_after, nonce, client, created_on, form,
        hash)
    SELECT owner_id, seq, 'content', 'CREDIT_ADD', 1, 0, 0, 0, 0, 'nonce-' || seq, '',
        now() + (seq - 10000) * interval '1 minute', 1, ''
    FROM account, generate_series(1, 10000) seq
"""


class Explained:
    """Records the queries in the block, and returns how many rows their plans read."""

    def __enter__(self) -> "Explained":
        self._queries: list[tuple[str, Any]] = []
        self._wrapper = connection.execute_wrapper(self._note)
        self._wrapper.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._wrapper.__exit__(*error)

    def _note(self, execute: Any, statement: str, parameters: Any, many: bool, context: Any) -> Any:
        if "SAVEPOINT" not in statement:
            self._queries.append((statement, parameters))
        return execute(statement, parameters, many, context)

    def rows(self) -> float:
        read = 0.0
        self.plans: list[Any] = []
        with connection.cursor() as cursor:
            for statement, parameters in self._queries:
                if isinstance(parameters, dict):  # of a Statement
                    statement, parameters = _prepare(cursor, statement, parameters), None
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
                ((plans,),) = cursor.fetchall()
                self.plans += json.loads(plans) if isinstance(plans, str) else plans
                read += _rows(self.plans[-1]["Plan"])
        return read


def _prepare(cursor: Any, statement: str, parameters: dict[str, Any]) -> str:
    """Prepare the statement, and return the SQL that executes it. plan_cache_mode applies only to these."""
    name = f"explained_{uuid4().hex}"
    used = {name: value for name, value in parameters.items() if f"%({name})s" in statement}
    numbers = {name: f"${number}" for number, name in enumerate(used, start=1)}
    cursor.execute(f"PREPARE {name} AS {statement % numbers}")
    values = sql.SQL(", ").join(sql.Literal(None if value is None else str(value)) for value in used.values())
    return f"EXECUTE {name} ({values.as_string()})"


def _rows(plan: dict[str, Any]) -> float:
    own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return float(own) + sum(_rows(child) for child in plan.get("Plans", ()))
