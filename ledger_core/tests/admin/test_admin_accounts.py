"""An account's page: the balance over time, the newest entries, what these refer to, and the queries."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from django.contrib.admin.utils import quote
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger_core.admin.accounts import NEWEST, POINTS
from ledger_core.admin.charts import balance_chart
from ledger_core.models import Account
from ledger_core.posting import Item, post, post_batch
from ledger_core.queries.balances import Balance, history_of
from ledger_core.tests.conftest import staff
from ledger_core.tests.imaginary import ADD, IMAGINARY, SPEND, ImaginaryOperation
from ledger_core.values import MAX_CREDITS

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def page_of(client: Client, owner: str = "alice") -> str:
    response = client.get(reverse("admin:ledger_core_account_change", args=[quote(owner)]))
    assert response.status_code == 200
    return str(response.content.decode())


def entry_url(pk: int) -> str:
    return reverse("admin:ledger_core_entry_change", args=[pk])


def post_many(count: int, owner: str = "alice") -> None:
    post_batch(IMAGINARY, [Item(ADD, owner, f"n{n}") for n in range(count)])


def test_it_shows_the_balance_and_each_of_the_newest_entries(admin_client: Client) -> None:
    post_many(NEWEST + 5)
    entry = post(IMAGINARY, SPEND, owner_id="alice", nonce="spent", amount=7, client="shop").entry
    page = page_of(admin_client)
    (table,) = re.findall(r'<table [^>]*id="newest">.*?</table>', page, re.DOTALL)
    (first, *others) = re.findall(r"<tr>.*?</tr>", table.partition("<tbody>")[2], re.DOTALL)
    assert len(others) == NEWEST - 1
    cells = [re.sub(r"<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", first)]
    moment = f"{entry.created_on:%Y-%m-%d %H:%M:%S}"
    assert cells == [str(entry.pk), moment, "imaginary", "CREDIT_SPEND × 7", "-7", "243", "shop", ""]
    assert f'href="{entry_url(entry.pk)}"' in first
    assert f'href="{reverse("admin:ledger_core_entry_changelist")}?owner=alice"' in page


def test_all_entries_of_the_owner_are_one_link_away_whatever_the_owner_is_called(admin_client: Client) -> None:
    post_many(2)
    post_many(2, "al & ice?")
    (link,) = re.findall(r'href="([^"]*\?owner=[^"]*)"', page_of(admin_client, "al & ice?"))
    found = admin_client.get(link).context["cl"].result_list
    assert [entry.owner_id for entry in found] == ["al & ice?"] * 2


def test_a_reversal_and_what_it_reverses_link_to_each_other(admin_client: Client) -> None:
    post_many(10)
    duel = post(IMAGINARY, ImaginaryOperation.DUEL, owner_id="alice", nonce="duel", amount=3).entry
    once = post(IMAGINARY, ImaginaryOperation.REMATCH, owner_id="alice", nonce="1", reverses=duel.pk).entry
    page = page_of(admin_client)
    assert f'reverses <a href="{entry_url(duel.pk)}">entry {duel.pk}</a>' in page
    assert f'reversed by <a href="{entry_url(once.pk)}">entry {once.pk}</a>' in page
    assert (
        f'<a href="{entry_url(once.pk)}">entry {once.pk}</a>' in admin_client.get(entry_url(duel.pk)).content.decode()
    )


def test_of_many_reversals_the_link_is_to_the_list_of_them(admin_client: Client) -> None:
    post_many(10)
    duel = post(IMAGINARY, ImaginaryOperation.DUEL, owner_id="alice", nonce="duel", amount=3).entry
    for nonce in ("1", "2"):
        post(IMAGINARY, ImaginaryOperation.REMATCH, owner_id="alice", nonce=nonce, reverses=duel.pk)
    (link,) = re.findall(r'reversed by <a href="([^"]+)">2 entries</a>', page_of(admin_client))
    found = admin_client.get(link.replace("&amp;", "&")).context["cl"].result_list
    assert [entry.nonce for entry in found] == ["2", "1"]


def test_who_may_not_see_entries_sees_the_balance_over_time_and_none_of_them() -> None:
    post_many(2)
    page = page_of(staff("view_account"))
    assert "Balance over time" in page
    assert "Newest entries" not in page
    assert "All entries" not in page


@pytest.mark.parametrize("count", [1, 2, 3, POINTS - 1, POINTS, POINTS + 1, 999])
def test_a_history_has_the_first_the_last_and_so_many_between(count: int) -> None:
    post_many(count)
    history = history_of(Account.objects.get(), points=POINTS)
    numbers = [balance.seq for balance in history]
    assert (numbers[0], numbers[-1]) == (1, count)
    assert len(numbers) == min(count, POINTS)
    steps = [after - before for before, after in pairwise(numbers)]
    assert not steps or max(steps) - min(steps) <= 1
    assert [balance.balance for balance in history] == [10 * seq for seq in numbers]


def test_the_page_says_where_the_chart_leaves_entries_out(admin_client: Client) -> None:
    post_many(POINTS)
    assert "evenly spaced" not in page_of(admin_client)
    post(IMAGINARY, ADD, owner_id="alice", nonce="one more")
    assert f"The chart shows {POINTS} of the {POINTS + 1} entries, evenly spaced." in page_of(admin_client)


def test_the_chart_is_named_and_described_and_its_points_are_a_table(admin_client: Client) -> None:
    post_many(3)
    page = page_of(admin_client)
    (svg,) = re.findall(r'<svg class="ledger-chart".*?</svg>', page, re.DOTALL)
    tree = ElementTree.fromstring(svg)  # noqa: S314  our own
    assert tree.get("role") == "img"
    for name in ("aria-labelledby", "aria-describedby"):
        assert f'id="{tree.get(name)}"' in page
    texts = [text.text for text in tree.iter("text")]
    assert {"time (UTC)", "balance (credits)"} <= set(texts)
    (table,) = re.findall(r"<details>.*?</details>", page, re.DOTALL)
    assert re.findall(r'<td class="number">(\d+)</td>', table) == ["1", "10", "2", "20", "3", "30"]
    assert "style" not in svg
    assert "script" not in svg


def test_the_balance_is_drawn_in_steps_to_the_present() -> None:
    moments = [NOW - timedelta(days=days) for days in (40, 20, 10)]
    history = [
        Balance("alice", balance, 0, n, moment)
        for n, (balance, moment) in enumerate(zip((40, 10, 30), moments, strict=True))
    ]
    (path,) = re.findall(r'<path[^>]* d="M ([^"]+)"', balance_chart(history, NOW))
    points = [tuple(map(float, point.split())) for point in path.split(" L ")]
    # Up from nothing, level, down, level, up, level.
    moves = [(right > left, (up < down) - (up > down)) for (left, down), (right, up) in pairwise(points)]
    assert moves == [(False, 1), (True, 0), (False, -1), (True, 0), (False, 1), (True, 0)]


@pytest.mark.parametrize("days", [0, 1e-9, 0.001, 0.3, 5, 400, 20_000])
@pytest.mark.parametrize("balance", [0, 1, 17, MAX_CREDITS])
def test_any_history_can_be_drawn_and_no_tick_is_written_twice(days: float, balance: int) -> None:
    history = [Balance("alice", balance, 0, 1, NOW - timedelta(days=days))]
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", balance_chart(history, NOW))
    assert len(texts) == len(set(texts)) > 6


def test_the_page_asks_a_fixed_number_of_queries(admin_client: Client) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            page_of(admin_client)
        return [query["sql"] for query in captured]

    post_many(5)
    page_of(admin_client)  # Django keeps the kinds of its history
    before = queries()
    post_many(400, "alice2")
    post_batch(IMAGINARY, [Item(ADD, "alice", f"more{n}") for n in range(500)])
    after = queries()
    # The session, the user, the account; the points of the chart, the newest entries, what reverses them.
    assert len(after) == len(before) == 6


def test_the_page_reads_by_index_and_few_rows(admin_client: Client) -> None:
    post_many(1000)
    post_many(1000, "alice2")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ledger_entry")
    with CaptureQueriesContext(connection) as captured:
        page_of(admin_client)
    selects = [query["sql"] for query in captured if 'FROM "ledger_entry"' in query["sql"]]
    assert len(selects) == 3
    for select in selects:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {select}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Index Cond" in plan, plan
        assert "Seq Scan" not in plan, plan
