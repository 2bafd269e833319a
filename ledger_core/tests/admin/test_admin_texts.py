"""Every page of the admin with texts from outside that turn the direction of reading, or hold what has no width."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from ledger_core.models import Account, Entry, Key
from ledger_core.models import Client as ApiClient
from ledger_core.plugins import ledger_apps
from ledger_core.posting import post
from ledger_core.tests.imaginary import ADD

pytestmark = pytest.mark.django_db

TURNED = "ann\u202e06"  # reads ann60
JOINED, PLAIN = "be\u200da", "bea"
HEBREW = "\u05d0\u05d1"
OWNERS = (TURNED, JOINED, PLAIN, HEBREW)
TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066\u2067]")
CORRECTION = {"operation": "CORRECTION_TAKE", "amount": "60", "reason": "x\u202ey", "nonce": "n"}


class Loose(HTMLParser):
    """Collects the texts of a page that stand in no element which isolates them: all but bdi, and boxes of a form."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.within: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in {"bdi", "textarea"}:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"bdi", "textarea"}:
            assert self.within.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.texts.append(data)


@pytest.fixture
def _books(admin_client: Client) -> None:
    (app, *_) = ledger_apps()
    shop = ApiClient.objects.create(name="shop\u202e", apps=[app.label], scopes=["read"])
    ApiClient.objects.create(name="blog", apps=[app.label], scopes=["read"])  # one client alone is no filter
    Key.objects.create(client=shop, slot=1, prefix="p", digest=b"d")
    for owner in OWNERS:
        post(app.operations, ADD, owner_id=owner, nonce=f"n\u202e{owner}", client="shop\u202e")
        correction = reverse("admin:ledger_core_account_correction", args=[quote(owner)])
        admin_client.post(correction, {**CORRECTION, "operation": "CORRECTION_ADD", "amount": "1"})
    attempt = {"username": "eve", "ip_address": "10.0.0.1", "user_agent": "m\u202eoz", "path_info": "/"}
    AccessLog.objects.create(**attempt)
    AccessFailureLog.objects.create(**attempt)
    AccessAttempt.objects.create(**attempt, get_data="a\u202e", post_data="a\u202e", failures_since_start=1)


def pages(browser: Client) -> Iterator[tuple[str, str]]:
    """Yield each address of the admin that shows a row, and its page."""
    urls = [reverse("admin:index"), reverse("admin:ledger_core_key_add"), reverse("admin:ledger_core_client_add")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.label_lower.replace('.', '_')}"
        urls.append(reverse(f"{name}_changelist"))
        for row in model._default_manager.all():
            urls += [reverse(f"{name}_{page}", args=[quote(row.pk)]) for page in ("change", "history", "delete")]
    urls += [reverse("admin:ledger_core_account_correction", args=[quote(owner)]) for owner in OWNERS]
    urls += [f"{reverse('admin:ledger_core_entry_changelist')}?owner=ann%E2%80%AE06"]
    for url in urls:
        answer = browser.get(url)
        assert answer.status_code in (200, 403), url
        yield url, answer.content.decode()
    for owner in OWNERS:  # refused, with the owner and the balance in a message
        url = reverse("admin:ledger_core_account_correction", args=[quote(owner)])
        yield f"POST {url}", browser.post(url, CORRECTION).content.decode()
    missing = browser.get(reverse("admin:ledger_core_account_change", args=["no\u202e"]), follow=True)
    yield "a missing row", missing.content.decode()


@pytest.mark.usefixtures("_books")
def test_no_page_has_a_text_that_turns_what_stands_around_it(admin_client: Client) -> None:
    seen = 0
    for url, page in pages(admin_client):
        for text in Loose(page).texts:
            # Of a history, the reason of a correction fills a cell of its own, which isolates it as bdi does.
            assert not TURNING.search(text) or text.startswith("Reason: "), (url, text)
            assert HEBREW not in text.replace(f"\u2068{HEBREW}\u2069", ""), (url, text)
        seen += r"\u202e" in page
    assert seen > 30


def page_of(browser: Client, row: Model, page: str = "change") -> str:
    name = row._meta.label_lower.replace(".", "_")
    return str(browser.get(reverse(f"admin:{name}_{page}", args=[quote(row.pk)])).content.decode())


@pytest.mark.usefixtures("_books")
def test_owners_that_look_the_same_are_told_apart_wherever_they_are_shown(admin_client: Client) -> None:
    rows: list[tuple[str, str]] = []
    for owner in (JOINED, PLAIN):
        account = Account.objects.get(pk=owner)
        entry = Entry.objects.filter(owner=account).earliest("pk")
        rows += [(owner, page_of(admin_client, account, page)) for page in ("change", "history", "correction")]
        rows += [(owner, page_of(admin_client, entry, page)) for page in ("change", "history")]
    for owner, page in rows:
        title = re.sub(r"\s+", " ", page.partition("<title>")[2].partition("</title>")[0])
        assert ((r"be\u200da" in title), JOINED in title) == (owner == JOINED, False), title
        assert (r"be\u200da" in page.partition("<body")[2]) == (owner == JOINED)
    lists = [admin_client.get(reverse(f"admin:ledger_core_{name}_changelist")) for name in ("account", "entry")]
    for page in (answer.content.decode() for answer in lists):
        assert f"<bdi>{JOINED}</bdi> <code>be\\u200da</code>" in page
        assert f"<bdi>{PLAIN}</bdi><" in page
    assert r"be\u200da #2" in admin_client.get(reverse("admin:index")).content.decode()  # the recent actions


@pytest.mark.usefixtures("_books")
def test_a_name_of_a_client_is_escaped_where_it_is_chosen(admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:ledger_core_key_add")).content.decode()
    assert re.search(r"<option[^>]*>shop\\u202e</option>", page)
    listed = admin_client.get(reverse("admin:ledger_core_key_changelist")).content.decode()
    assert listed.count(r"shop\u202e") == 2  # the column and the filter
