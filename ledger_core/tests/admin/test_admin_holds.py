"""Holds in the admin: what an account's page shows of them, and their release by staff."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from ledger_core import posting
from ledger_core.models import Entry
from ledger_core.operations import SharedOperation
from ledger_core.plugins import ledger_apps
from ledger_core.queries.balances import balance_of
from ledger_core.queries.holds import HoldState, hold_of
from ledger_core.tests.admin.test_admin_accounts import entry_url, page_of
from ledger_core.tests.conftest import staff
from ledger_core.tests.imaginary import ADD, FRIENDLY, FriendlyOperation

pytestmark = pytest.mark.django_db

APP = next(ledger_apps()).operations  # any installed app will do
MAY = ("view_account", "view_entry", "release_hold")


@pytest.fixture
def hold_id() -> int:
    posting.post(APP, ADD, owner_id="alice", nonce="first")
    made = posting.hold(APP, SharedOperation.CREDIT_SPEND, owner_id="alice", nonce="hold", amount=4, client="blog")
    return made.hold.entry.pk


def release_url(hold_id: int, owner: str = "alice") -> str:
    return reverse("admin:ledger_core_account_release", args=[owner, hold_id])


def test_the_account_shows_what_is_held_and_by_which_hold(admin_client: Client, hold_id: int) -> None:
    page = page_of(admin_client)
    shown = dict(re.findall(r'field-(held_now|available|balance_now)">.*?readonly">(\d+)<', page, re.DOTALL))
    assert shown == {"balance_now": "10", "held_now": "4", "available": "6"}
    (table,) = re.findall(r'<table [^>]*id="holds">.*?</table>', page, re.DOTALL)
    assert f'href="{entry_url(hold_id)}"' in table
    assert "CREDIT_SPEND × 4" in re.sub(r"<.*?>", "", table)
    assert f'action="{release_url(hold_id)}"' in table


def test_staff_release_a_hold_once(hold_id: int) -> None:
    client = staff(*MAY)
    page = client.post(release_url(hold_id), follow=True).content.decode()
    assert f"Hold {hold_id} is released: 4 credits can be spent again." in page
    assert f"Hold {hold_id} was released" in client.post(release_url(hold_id), follow=True).content.decode()
    assert hold_of(APP.app, hold_id).state is HoldState.RELEASED
    released = Entry.objects.get(hold=hold_id)
    assert (released.client, released.operation) == ("staff:clerk", "HOLD_RELEASE")
    assert LogEntry.objects.get().object_id == str(released.pk)
    assert "Open holds" not in page


def test_staff_release_the_hold_of_an_app_that_is_not_installed() -> None:
    posting.post(FRIENDLY, ADD, owner_id="alice", nonce="first")
    made = posting.hold(FRIENDLY, FriendlyOperation.DEPOSIT, owner_id="alice", nonce="hold").hold
    page = staff(*MAY).post(release_url(made.entry.pk), follow=True).content.decode()
    assert "is released: 5 credits" in page
    assert hold_of(FRIENDLY.app, made.entry.pk).state is HoldState.RELEASED


def test_what_was_captured_meanwhile_is_not_released(hold_id: int) -> None:
    posting.capture(APP, hold_id, nonce="captured")
    page = staff(*MAY).post(release_url(hold_id), follow=True).content.decode()
    assert f"Hold {hold_id} was captured" in page
    assert not LogEntry.objects.exists()
    assert balance_of("alice").balance == 6


@pytest.mark.parametrize("missing", MAY)
def test_it_needs_the_permission(hold_id: int, missing: str) -> None:
    client = staff(*[name for name in MAY if name != missing])
    if missing == "release_hold":
        assert "Release" not in page_of(client)
    if missing != "view_entry":
        assert client.post(release_url(hold_id)).status_code == 403
        assert not Entry.objects.filter(hold=hold_id).exists()


def test_it_takes_a_post_for_a_hold_of_the_owner(hold_id: int) -> None:
    client = staff(*MAY)
    assert client.get(release_url(hold_id)).status_code == 403
    posting.post(APP, ADD, owner_id="bob", nonce="first")
    for url in (release_url(hold_id, "bob"), release_url(hold_id, "nobody"), release_url(10**12)):
        assert client.post(url).status_code == 404
    assert not Entry.objects.filter(hold=hold_id).exists()


def test_entries_link_to_what_they_belong_to(admin_client: Client, hold_id: int) -> None:
    captured = posting.capture(APP, hold_id, nonce="captured").entry
    assert f'href="{entry_url(hold_id)}"' in admin_client.get(entry_url(captured.pk)).content.decode()
    tip = posting.post(FRIENDLY, FriendlyOperation.GIFT, owner_id="alice", nonce="tip", to_owner_id="bob")
    assert tip.other
    page = admin_client.get(entry_url(tip.entry.pk)).content.decode()
    assert f'href="{entry_url(tip.other.pk)}"' in page
    account = page_of(admin_client)
    assert f'of the hold <a href="{entry_url(hold_id)}">' in account
    assert f'other side: <a href="{entry_url(tip.other.pk)}">' in account
