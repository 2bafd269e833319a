"""Credits that expire in the admin: what an account's page shows of them, and their end by staff."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from ledger_core.models import Entry
from ledger_core.posting import post
from ledger_core.queries.balances import balance_of
from ledger_core.queries.lots import lots_of
from ledger_core.tests.admin.test_admin_accounts import entry_url, page_of
from ledger_core.tests.conftest import staff
from ledger_core.tests.imaginary import ADD, FLEETING, FleetingOperation

pytestmark = pytest.mark.django_db

MAY = ("view_account", "view_entry", "end_lot")


@pytest.fixture
def lot_id() -> int:
    post(FLEETING, ADD, owner_id="alice", nonce="first")
    return post(FLEETING, FleetingOperation.BONUS, owner_id="alice", nonce="bonus", amount=2).entry.pk


def end_url(lot_id: int, owner: str = "alice") -> str:
    return reverse("admin:ledger_core_account_end", args=[owner, lot_id])


def end(client: Client, lot_id: int, reason: str = "given by mistake") -> str:
    return client.post(end_url(lot_id), {"reason": reason}, follow=True).content.decode()


def test_the_account_shows_what_expires_and_an_entry_what_it_drew(admin_client: Client, lot_id: int) -> None:
    spent = post(FLEETING, FleetingOperation.TICKET, owner_id="alice", nonce="ticket").entry
    (table,) = re.findall(r'<table [^>]*id="lots">.*?</table>', page_of(admin_client), re.DOTALL)
    assert f'href="{entry_url(lot_id)}"' in table
    assert '<td class="number">5</td>' in table
    assert f'5 of lot <a href="{entry_url(lot_id)}">' in admin_client.get(entry_url(spent.pk)).content.decode()


def test_staff_end_a_lot_once_with_a_reason(lot_id: int) -> None:
    client = staff(*MAY)
    assert f"Lot {lot_id} is ended: 10 credits were taken." in end(client, lot_id)
    assert f"Nothing is left of the lot {lot_id}." in end(client, lot_id)
    ended = Entry.objects.latest("id")
    assert (ended.operation, ended.reverses, ended.client) == ("CREDIT_EXPIRY", lot_id, "staff:clerk")
    assert ended.metadata == {"reason": "given by mistake"}
    assert (balance_of("alice").balance, lots_of("alice", limit=1)) == (10, [])
    assert LogEntry.objects.get().object_id == str(ended.pk)
    assert "given by mistake" in page_of(client)


@pytest.mark.parametrize("reason", ["", " ", "x" * 501, "\0"])
def test_it_needs_a_reason(lot_id: int, reason: str) -> None:
    assert "The lot was not ended: give a reason" in end(staff(*MAY), lot_id, reason)
    assert balance_of("alice").balance == 20


@pytest.mark.parametrize("missing", MAY)
def test_it_needs_the_permission(lot_id: int, missing: str) -> None:
    client = staff(*[name for name in MAY if name != missing])
    if missing == "end_lot":
        assert "End it now" not in page_of(client)
    if missing != "view_entry":
        assert client.post(end_url(lot_id), {"reason": "why"}).status_code == 403
        assert balance_of("alice").balance == 20


def test_it_takes_a_post_for_a_lot_of_the_owner(lot_id: int) -> None:
    client = staff(*MAY)
    assert client.get(end_url(lot_id)).status_code == 403
    assert client.post(end_url(lot_id, "nobody"), {"reason": "why"}).status_code == 404
    post(FLEETING, ADD, owner_id="bob", nonce="first")
    assert "Nothing is left" in client.post(end_url(lot_id, "bob"), {"reason": "why"}, follow=True).content.decode()
    assert balance_of("alice").balance == 20
