"""The admin's front page: what was posted over the last days, and what the last verification found."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ledger_core.models import Verification
from ledger_core.posting import Item, post, post_batch
from ledger_core.queries import activity
from ledger_core.tests.conftest import staff
from ledger_core.tests.imaginary import ADD, IMAGINARY, SPEND
from ledger_core.verification import verify

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")


@pytest.fixture(autouse=True)
def _counted_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that was started just now."""
    monkeypatch.setattr(activity, "_days", activity._Days())
    forget()


def forget() -> None:
    """Do as if a minute had passed."""
    activity.activity.cache_clear()


def lines() -> dict[str, tuple[int, int]]:
    forget()
    found = activity.activity().lines
    assert found is not None
    return {f"{line.app}:{line.operation}": (line.entries, line.credits) for line in found}


def post_days_ago(days: int, count: int = 1) -> None:
    """Post, and move it into the past, as nobody can who goes by the service."""
    post_batch(IMAGINARY, [Item(ADD, "alice", f"{days}-{n}") for n in range(count)])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE ledger_entry SET created_on = created_on - make_interval(days => %s) WHERE nonce LIKE %s",
            [days, f"{days}-%"],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_it_tells_entries_and_credits_by_app_and_operation(admin_client: Client) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1", amount=3)
    post_batch(IMAGINARY, [Item(SPEND, "alice", f"s{n}", 2) for n in range(3)])
    page = admin_client.get(INDEX).content.decode()
    (table,) = re.findall(r'<table [^>]*id="activity">.*?</table>', page, re.DOTALL)
    rows = re.findall(r"<tr>.*?</tr>", table.partition("<tbody>")[2], re.DOTALL)
    cells = [[re.sub(r"<.*?>", "", c) for c in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]
    assert cells == [["imaginary", "CREDIT_SPEND", "3", "", "-6"], ["imaginary", "CREDIT_ADD", "1", "", "+30"]]
    assert re.findall(r'<rect height="10" width="(\d+)"', table) == ["100", "33"]
    assert re.search(r"Counted at \d\d:\d\d:\d\d UTC", page)


def test_it_reaches_thirty_days_back() -> None:
    for days in (0, 29, 30):
        post_days_ago(days)
    assert lines() == {"imaginary:CREDIT_ADD": (2, 20)}
    assert activity.activity().since == timezone.now().date() - timedelta(days=29)


def test_it_is_counted_once_a_minute() -> None:
    post_days_ago(0)
    assert lines() == {"imaginary:CREDIT_ADD": (1, 10)}
    post_days_ago(1)
    with CaptureQueriesContext(connection) as queries:
        assert activity.activity().lines == activity.activity().lines
    assert len(queries) == 0


def counts(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries if "ledger_entry" in query["sql"]]


def test_days_that_are_over_are_counted_once_and_leave_the_sum_when_their_time_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for days in (0, 2, 29):
        post_days_ago(days, count=days + 1)
    with CaptureQueriesContext(connection) as queries:
        assert lines() == {"imaginary:CREDIT_ADD": (34, 340)}
    assert len(counts(queries)) == activity.DAYS
    with CaptureQueriesContext(connection) as queries:
        assert lines() == {"imaginary:CREDIT_ADD": (34, 340)}
    assert len(counts(queries)) <= 2  # today, and yesterday where it has just ended

    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    assert lines() == {"imaginary:CREDIT_ADD": (4, 40)}


def test_a_look_goes_as_far_back_as_there_is_time_and_the_next_one_a_day_further(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "_PATIENCE", 0)
    monkeypatch.setattr(activity, "_CLOSED_AFTER", timedelta())
    for days in (0, 1, 2, 29):
        post_days_ago(days)
    for reached in (1, 2):
        assert lines() == {"imaginary:CREDIT_ADD": (reached + 1, 10 * (reached + 1))}
        counted = activity.activity()
        assert (counted.since, counted.complete) == (timezone.now().date() - timedelta(days=reached), False)
    assert "are not counted yet" in admin_client.get(INDEX).content.decode()

    monkeypatch.setattr(activity, "_PATIENCE", 2)
    assert lines() == {"imaginary:CREDIT_ADD": (4, 40)}
    assert activity.activity().complete
    assert "are not counted yet" not in admin_client.get(INDEX).content.decode()


def test_what_takes_too_long_to_count_is_told_and_the_page_is_there(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(day: object) -> Any:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(activity, "_count", cancelled)
    assert "Too many entries to count" in admin_client.get(INDEX).content.decode()


def test_who_may_not_see_the_books_is_told_nothing_of_them() -> None:
    page = staff("view_contententry").get(INDEX).content.decode()
    assert "Entries since" not in page
    assert "Verification" not in page


def test_it_tells_that_the_books_were_not_verified_yet(admin_client: Client) -> None:
    assert "was not verified yet" in admin_client.get(INDEX).content.decode()


def test_it_tells_what_the_last_verification_found(admin_client: Client) -> None:
    post_batch(IMAGINARY, [Item(ADD, owner, "1") for owner in ("alice", "bob")])
    call_command("verifyledger", verbosity=0)
    assert "No faults found.</strong>\n2 entries of 2 accounts" in admin_client.get(INDEX).content.decode()

    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = 11 WHERE owner_id = 'bob'")
    with pytest.raises(CommandError):
        call_command("verifyledger", verbosity=0)
    assert "1 fault found.</strong>\n2 entries of 2 accounts" in admin_client.get(INDEX).content.decode()


@pytest.mark.parametrize("options", [{"owner": "alice"}, {"since": "2026-01-01T00:00:00Z"}])
def test_a_verification_of_a_part_is_none_of_the_books(options: dict[str, str]) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    call_command("verifyledger", *[f"--{name}={value}" for name, value in options.items()], verbosity=0)
    assert not Verification.objects.exists()


def test_a_verification_that_may_not_be_recorded_is_one_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    call_command("verifyledger", verbosity=0)
    said = capsys.readouterr()
    assert "Verified 1 entry of 1 account: no faults." in said.out
    assert "storing it failed" in said.err
    assert list(verify()) == []


def test_the_page_asks_a_fixed_number_of_queries(admin_client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(INDEX)
        return len(captured)

    queries()
    forget()
    before = queries()
    post_batch(IMAGINARY, [Item(ADD, f"owner-{n}", "1") for n in range(50)])
    forget()
    # The session, the user, what they did; the verification; a day or two, each planned anew, in a transaction.
    assert queries() == before <= 10
    assert queries() == 4
