"""Addresses of the admin that name what there is not: an error or no rows, never a 500 and never all rows."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from ledger_core.access import clients
from ledger_core.models import Account, Entry, Key
from ledger_core.operations import Scope
from ledger_core.plugins import ledger_apps
from ledger_core.posting import post
from ledger_core.tests.imaginary import ADD

pytestmark = pytest.mark.django_db(transaction=True)

LISTS = {
    model: reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist") for model in admin.site._registry
}
ENTRIES, ACCOUNTS, KEYS = LISTS[Entry], LISTS[Account], LISTS[Key]
# No filter's values. The last is what int() takes for a number.
WRONG = ["%00", "a%00b", "%FF", "9" * 20, "-1", "abc", "0000-01-01", "9999-12-31T23:59:59-23:59", "", "1_0"]


@pytest.fixture(autouse=True)
def _books() -> None:
    for app in ledger_apps():
        post(app.operations, ADD, owner_id="alice", nonce=app.label)
    clients.create("blog", [app.label for app in ledger_apps()], [Scope.READ])
    Group.objects.create(name="group")
    attempt = {"username": "eve", "ip_address": "10.0.0.1", "user_agent": "", "path_info": "/"}
    AccessLog.objects.create(**attempt)
    AccessFailureLog.objects.create(**attempt)
    AccessAttempt.objects.create(**attempt, get_data="", post_data="", failures_since_start=1)


def filter_parameters(model: type[Model], user: User) -> Iterator[str]:
    """Yield what the filters of a list take."""
    request = RequestFactory().get("/")
    request.user = user
    page = admin.site._registry[model].get_changelist_instance(request)
    for spec in page.filter_specs:
        yield from filter(None, spec.expected_parameters())
    if page.date_hierarchy:
        yield from (f"{page.date_hierarchy}__{part}" for part in ("year", "month", "day", "gte", "lt"))


def shown(browser: Client, url: str, query: str) -> list[Any] | None:
    """Return the rows, or None for an error."""
    response = browser.get(f"{url}?{query}")
    assert response.status_code in (200, 400), (url, query, response.status_code)
    if response.status_code == 400:
        assert "This list has no such filter, value or page" in response.content.decode()
        return None
    return list(response.context["cl"].result_list)


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_what_no_filter_takes_is_an_error_or_finds_nothing(admin_client: Client, model: type[Model]) -> None:
    user = User.objects.get()
    parameters = {*filter_parameters(model, user), "app", "operation", "owner", "reverses", "client", "id", "pk"}
    parameters |= {"id__in", "pk__startswith", "no_such_field"}
    everything = shown(admin_client, LISTS[model], "")
    assert everything
    for parameter in sorted(parameters):
        for value in WRONG:
            rows = shown(admin_client, LISTS[model], f"{parameter}={value}")
            # A moment of the past, or of the future, is a value.
            assert not rows or (value[:1] in "9-0" and parameter.endswith(("__gte", "__lt"))), (parameter, value)


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_a_search_or_an_order_or_a_page_that_there_is_not_is_no_failure(
    admin_client: Client, model: type[Model]
) -> None:
    for parameter in ("q", "p", "o", "e", "all", "_popup", "_facets"):
        for value in (*WRONG, "999", "-999.1.x"):
            shown(admin_client, LISTS[model], f"{parameter}={value}")
    for value in ("%00", "a%00b"):
        assert shown(admin_client, LISTS[model], f"q={value}") is None


@pytest.mark.parametrize(
    ("url", "query"),
    [
        (ENTRIES, "owner__head__startswith=a"),
        (ENTRIES, "owner__balance__gte=1"),
        (ENTRIES, "hash=a"),
        (ENTRIES, "nonce__startswith=a"),
        (ENTRIES, "created_on__year=2026"),
        (ENTRIES, "operation=CREDIT_ADD"),
        (ENTRIES, "app=ledger_core&app=x"),
        (ACCOUNTS, "balance__gte=1"),
        (ACCOUNTS, "head__startswith=a"),
        (KEYS, "digest__startswith=a"),
        (KEYS, "client__keys__digest__startswith=a"),
        (KEYS, "prefix__startswith=a"),
    ],
)
def test_only_lookups_and_values_that_a_filter_offers_are_allowed(admin_client: Client, url: str, query: str) -> None:
    assert shown(admin_client, url, query) is None


def test_a_page_after_the_last_is_an_error(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin.site._registry[Entry], "list_per_page", 1)
    last = Entry.objects.count()
    assert len(shown(admin_client, ENTRIES, f"p={last}") or ()) == 1
    for page in (str(last + 1), "0", "-1", "9" * 20):
        assert shown(admin_client, ENTRIES, f"p={page}") is None


@pytest.mark.parametrize(
    "identifier", ["_00", "a_00b", "1_0", "１", "9" * 20, "-1", "abc", quote("\udcff", errors="surrogateescape")]
)
def test_no_other_spelling_of_an_id_finds_a_row(admin_client: Client, identifier: str) -> None:
    for model, url in LISTS.items():
        for page in ("change", "history", "delete"):
            answer = admin_client.get(f"{url}{identifier}/{page}/")
            assert answer.status_code in (302, 403, 404), (model, page)
    assert admin_client.get(f"{ACCOUNTS}{identifier}/correction/").status_code == 302


def test_an_action_on_rows_that_there_are_not_is_an_error(admin_client: Client) -> None:
    for pk in ("abc", "\0", "1.5"):
        answer = admin_client.post(KEYS, {"action": "revoke", "_selected_action": [pk]})
        assert answer.status_code == 400
    assert Key.objects.get().revoked_on is None


def test_the_autocompletion_finds_nothing_with_nul(admin_client: Client) -> None:
    query = {"app_label": "ledger_core", "model_name": "key", "field_name": "client", "term": "\0"}
    assert admin_client.get("/admin/autocomplete/", query).json()["results"] == []


@pytest.mark.parametrize("owner", ["Jane Doe", " Jane", "Jane ", "a  b", '"quoted"', "it's", "50%_off"])
def test_an_owner_is_found_exactly_as_it_is(admin_client: Client, owner: str) -> None:
    (app, *_) = ledger_apps()
    post(app.operations, ADD, owner_id=owner, nonce="n 1")
    post(app.operations, ADD, owner_id="Jane", nonce="Doe n")
    for url, query in ((ACCOUNTS, owner), (ENTRIES, owner), (ENTRIES, f"{owner} n 1")):
        found = shown(admin_client, url, urlencode({"q": query}))
        assert [row.owner_id for row in found or ()] == [owner], (url, query)


def test_a_search_that_no_id_can_match_is_not_run(admin_client: Client) -> None:
    assert shown(admin_client, ENTRIES, urlencode({"q": "a b " * 2000})) == []


@pytest.mark.parametrize("page", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_a_login_that_names_no_page_of_ours_leads_to_the_admin(page: str) -> None:
    User.objects.create_superuser("root", password="right")  # noqa: S106
    browser = Client()
    answer = browser.post(
        f"/admin/login/?{urlencode({'next': page})}", {"username": "root", "password": "right", "next": page}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
