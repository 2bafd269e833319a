"""The admin: what people find, that nobody writes there, and what a page asks of the database."""

from typing import Any

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger_core.admin.entries import FirstPages
from ledger_core.models import Account, Entry
from ledger_core.plugins import ledger_apps
from ledger_core.posting import post
from ledger_core.tests.api.test_get_entries import Explained
from ledger_core.tests.conftest import staff
from ledger_core.tests.imaginary import ADD, SPEND

pytestmark = pytest.mark.django_db

ACCOUNTS = reverse("admin:ledger_core_account_changelist")
ENTRIES = reverse("admin:ledger_core_entry_changelist")
APPS = {app.label: app.operations for app in ledger_apps()}


@pytest.fixture(autouse=True)
def _books() -> None:
    post(APPS["content"], ADD, owner_id="alice", nonce="first", amount=2)
    post(APPS["ecommerce"], SPEND, owner_id="alice", nonce="second")
    post(APPS["ecommerce"], ADD, owner_id="bob", nonce="first")


def rows(client: Client, url: str, **query: str) -> list[Any]:
    response = client.get(url, query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def nonces(client: Client, url: str, **query: str) -> list[str]:
    return [f"{entry.owner_id} {entry.nonce}" for entry in rows(client, url, **query)]


def test_accounts_show_what_owners_have(admin_client: Client) -> None:
    page = admin_client.get(ACCOUNTS).content.decode()
    assert [account.owner_id for account in rows(admin_client, ACCOUNTS)] == ["alice", "bob"]
    for column in ("Owner", "Balance", "Entries", "Newest entry"):
        assert column in page
    assert '<td class="field-balance_now">19</td>' in page
    assert '<td class="field-seq">2</td>' in page


def test_accounts_are_found_by_the_beginning_of_the_owner(admin_client: Client) -> None:
    assert [account.owner_id for account in rows(admin_client, ACCOUNTS, q="ali")] == ["alice"]
    assert rows(admin_client, ACCOUNTS, q="lice") == []


def test_entries_come_newest_first(admin_client: Client) -> None:
    assert nonces(admin_client, ENTRIES) == ["bob first", "alice second", "alice first"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"app": "content"}, ["alice first"]),
        ({"operation": "ecommerce:CREDIT_ADD"}, ["bob first"]),
        ({"app": "ecommerce", "operation": "ecommerce:CREDIT_SPEND"}, ["alice second"]),
        ({"q": "alice"}, ["alice second", "alice first"]),
        ({"q": "first"}, ["bob first", "alice first"]),
        ({"q": "alice first"}, ["alice first"]),
        ({"q": "nobody"}, []),
        ({"created_on__gte": "2000-01-01 00:00:00+00:00"}, ["bob first", "alice second", "alice first"]),
        ({"created_on__gte": "2999-01-01 00:00:00+00:00"}, []),
    ],
)
def test_entries_are_filtered_and_found(admin_client: Client, query: dict[str, str], found: list[str]) -> None:
    assert nonces(admin_client, ENTRIES, **query) == found


def test_an_apps_page_has_its_entries_alone(admin_client: Client) -> None:
    url = reverse("admin:ecommerce_ecommerceentry_changelist")
    assert nonces(admin_client, url) == ["bob first", "alice second"]
    page = admin_client.get(url).content.decode()
    assert "ecommerce%3APURCHASE" in page
    assert "CONTENT_CREATION" not in page


def test_an_entry_shows_all_that_it_holds(admin_client: Client) -> None:
    entry = Entry.objects.get(owner_id="alice", nonce="first")
    page = admin_client.get(reverse("admin:ledger_core_entry_change", args=[entry.pk])).content.decode()
    for value in ("alice", "content", "CREDIT_ADD", "first", bytes(entry.hash).hex()):
        assert value in page


@pytest.mark.parametrize("model", ["ledger_core_account", "ledger_core_entry", "content_contententry"])
def test_nobody_writes_superusers_included(admin_client: Client, model: str) -> None:
    pk = "alice" if model.endswith("account") else Entry.objects.get(owner_id="alice", nonce="first").pk
    change = reverse(f"admin:{model}_change", args=[pk])

    assert admin_client.get(reverse(f"admin:{model}_add")).status_code == 403
    assert admin_client.post(change, {"balance": 1000, "delta": 1000}).status_code == 403
    assert admin_client.post(reverse(f"admin:{model}_delete", args=[pk]), {"post": "yes"}).status_code == 403
    page = admin_client.get(change).content.decode()
    assert 'name="_save"' not in page
    assert Account.objects.get(owner_id="alice").balance == 19


def test_staff_of_one_app_see_its_entries_and_no_others() -> None:
    client = staff("view_contententry")
    assert nonces(client, reverse("admin:content_contententry_changelist")) == ["alice first"]
    assert client.get(ENTRIES).status_code == 403
    assert client.get(ACCOUNTS).status_code == 403
    assert client.get(reverse("admin:ecommerce_ecommerceentry_changelist")).status_code == 403
    others = Entry.objects.get(owner_id="alice", nonce="second").pk
    assert client.get(reverse("admin:content_contententry_change", args=[others])).status_code == 302


def test_a_list_page_counts_no_further_than_people_turn_pages(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FirstPages, "limit", 2)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = admin_client.get(ENTRIES).content.decode()
    assert "the first 2 entries" in page
    assert "2 results" not in page
    assert "Show counts" not in page
    (count,) = [query["sql"] for query in queries if "COUNT(*)" in query["sql"]]
    assert "LIMIT 2" in count


@pytest.mark.parametrize("url", [ACCOUNTS, ENTRIES])
def test_a_list_page_asks_a_fixed_number_of_queries(admin_client: Client, url: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(url)
        return len(captured)

    before = queries()
    for n in range(20):
        post(APPS["content"], ADD, owner_id=f"owner-{n}", nonce="n")
    assert queries() == before == 4  # the session, the user, the count, the rows


def test_list_pages_read_by_index(admin_client: Client) -> None:
    """Without a scan of a table, and without a sort of what no index has found."""
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE ledger_account, ledger_entry")
    pages: list[tuple[str, dict[str, str]]] = [
        (ACCOUNTS, {}),
        (ACCOUNTS, {"q": "owner-1"}),
        (ENTRIES, {}),
        (ENTRIES, {"app": "content"}),
        (ENTRIES, {"operation": "content:CONTENT_ACCESS"}),
        (ENTRIES, {"q": "owner-1"}),
        (ENTRIES, {"q": "nonce-1"}),
        (ENTRIES, {"q": "owner-1 nonce-1"}),
        (ENTRIES, {"created_on__gte": "2999-01-01 00:00:00+00:00"}),
    ]
    for url, query in pages:
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(url, query)
        (select,) = [q["sql"] for q in captured if '"ledger_' in q["sql"] and "COUNT(*)" not in q["sql"]]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {select}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Seq Scan" not in plan, (query, plan)
        assert "Sort" not in plan or "Index Cond" in plan, (query, plan)


def test_a_page_of_an_operation_reads_few_rows_however_old_they_are(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FirstPages, "limit", 200)
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE ledger_entry")
    with Explained() as explained:
        page = rows(admin_client, ENTRIES, operation="content:CREDIT_SPEND")
    assert len(page) == 100
    assert explained.rows() < 5000, explained.plans


@pytest.mark.django_db(transaction=True)
def test_what_is_rare_is_found_by_index_however_often_what_is_common_was_asked_for(admin_client: Client) -> None:
    """A statement that is prepared may be planned for any value, and that plan reads the table for a rare one."""
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("ANALYZE ledger_account, ledger_entry")
        for _ in range(8):
            admin_client.get(ENTRIES, {"app": "content"})
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        before = rows_read(cursor)
        admin_client.get(ENTRIES, {"app": "nobody"})  # of whom no test left dead rows in the index
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        assert rows_read(cursor) - before < 1000


def rows_read(cursor: CursorWrapper) -> int:
    cursor.execute(
        "SELECT seq_tup_read + idx_tup_fetch + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes"
        " WHERE relname = 'ledger_entry') FROM pg_stat_user_tables WHERE relname = 'ledger_entry'"
    )
    (read,) = cursor.fetchone() or (0,)
    return int(read)


# 100,000 entries of 1,000 owners, written around the service: what is measured is how they are read. Those of one
# operation are all older than the others.
FILL = """
    WITH account AS (
        INSERT INTO ledger_account (owner_id, balance, seq, head, created_on, updated_on)
        SELECT 'owner-' || n, 0, 100, '', now(), now() FROM generate_series(1, 1000) n RETURNING owner_id
    )
    INSERT INTO ledger_entry
        (owner_id, seq, app, operation, amount, delta, balance_after, held, held_after, nonce, client, created_on, form,
        hash)
    SELECT owner_id, seq, 'content', CASE WHEN seq <= 20 THEN 'CREDIT_SPEND' ELSE 'CREDIT_ADD' END, 1, 0, 0, 0, 0,
        'nonce-' || seq, '', now() + (seq - 100) * interval '1 minute', 1, ''
    FROM account, generate_series(1, 100) seq ORDER BY seq
"""
