"""The page of the settlement: its form, its table and its files."""

import csv
import io
import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from ledger_core.admin import settlement
from ledger_core.posting import post
from ledger_core.tests.conftest import staff
from ledger_core.tests.imaginary import ADD, IMAGINARY, SPEND

pytestmark = pytest.mark.django_db

URL = reverse("admin:ledger_core_entry_settlement")
PERIOD = {"since": "2020-01-01", "until": "2100-01-01"}


@pytest.fixture(autouse=True)
def _entries() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    post(IMAGINARY, SPEND, owner_id="alice", nonce="2", amount=3)


def test_it_shows_this_month_at_first_and_is_linked_from_the_front_page(admin_client: Client) -> None:
    assert f'href="{URL}"' in admin_client.get(reverse("admin:index")).content.decode()
    assert 'id="settlement"' in admin_client.get(URL).content.decode()


def test_the_table_has_what_was_given_taken_and_left(admin_client: Client) -> None:
    page = admin_client.get(URL, PERIOD).content.decode()
    assert re.findall(r'<td class="number">(.*?)</td>', page) == ["0", "10", "-3", "7"] * 2
    assert "CREDIT_SPEND" in page


def test_the_files_have_the_same(admin_client: Client) -> None:
    response = admin_client.get(URL, PERIOD | {"format": "csv"})
    assert response["Content-Disposition"] == 'attachment; filename="settlement-2020-01-01-2100-01-01.csv"'
    assert [row[-1] for row in csv.reader(io.StringIO(response.content.decode()))] == ["credits", "0", "10", "-3", "7"]
    report = json.loads(admin_client.get(URL, PERIOD | {"format": "json"}).content)
    assert (report["since"], report["agrees"]) == ("2020-01-01T00:00:00Z", True)


@pytest.mark.parametrize(
    "period",
    [
        {"since": "2026-11-02", "until": "2026-11-01"},
        {"since": "2026-11-01"},
        {"since": "x", "until": "2026-11-01"},
        {"since": "\0", "until": "2026-11-01", "format": "csv"},
    ],
)
def test_what_is_no_period_is_told(admin_client: Client, period: dict[str, str]) -> None:
    page = admin_client.get(URL, period).content.decode()
    assert "errornote" in page
    assert 'id="settlement"' not in page


def test_too_many_entries_are_told(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement, "PATIENCE", -1)
    assert "Run manage.py settlement instead." in admin_client.get(URL, PERIOD).content.decode()


@pytest.mark.parametrize("missing", ["view_entry", "view_account"])
def test_it_needs_the_permissions(missing: str) -> None:
    client = staff(*({"view_entry", "view_account"} - {missing}))
    assert client.get(URL, PERIOD).status_code == 403
    assert URL not in client.get(reverse("admin:index")).content.decode()
