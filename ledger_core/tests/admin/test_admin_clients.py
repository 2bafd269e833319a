"""Clients and keys in the admin: who may make and revoke them, and that a key is shown once."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.test import Client as Browser
from django.urls import reverse

from ledger_core.access import clients, keys
from ledger_core.models import Client, Key
from ledger_core.operations import Scope
from ledger_core.tests.conftest import staff

pytestmark = pytest.mark.django_db

ADD_CLIENT = reverse("admin:ledger_core_client_add")
ADD_KEY = reverse("admin:ledger_core_key_add")
KEYS = reverse("admin:ledger_core_key_changelist")
NO_EXPIRY = {"expires_on_0": "", "expires_on_1": ""}


@pytest.fixture
def blog() -> Client:
    clients.create("blog", ["content"], [Scope.READ])
    return Client.objects.get()


def issue(browser: Browser, client: Client, **expiry: str) -> Any:
    return browser.post(ADD_KEY, {"client": client.pk, **NO_EXPIRY, **expiry})


def issued(response: Any) -> str:
    (key,) = re.findall(r'id="issued-key">(\w+)<', response.content.decode())
    return str(key)


def revoke(browser: Browser, *keys: Key) -> Any:
    return browser.post(KEYS, {"action": "revoke", "_selected_action": [key.pk for key in keys]}, follow=True)


def test_a_client_is_made_and_then_its_key(admin_client: Browser) -> None:
    made = admin_client.post(ADD_CLIENT, {"name": "blog", "apps": ["content"], "scopes": ["read", "post"]})
    client = Client.objects.get()
    assert made["Location"] == f"{ADD_KEY}?client={client.pk}"
    assert f'<option value="{client.pk}" selected>blog' in admin_client.get(made["Location"]).content.decode()

    response = issue(admin_client, client)
    assert "no-store" in response["Cache-Control"]
    known = keys.client_of(issued(response))
    assert (known.name, known.apps, known.scopes) == ("blog", ["content"], ["read", "post"])


def test_a_key_is_kept_nowhere_but_on_the_page(admin_client: Browser, blog: Client) -> None:
    response = issue(admin_client, blog)
    secret = issued(response).rpartition("_")[2]
    assert secret not in str(response.cookies)
    assert secret not in str([session.get_decoded() for session in Session.objects.all()])
    assert LogEntry.objects.exists()
    assert secret not in str(list(LogEntry.objects.values()))
    for url in (
        KEYS,
        reverse("admin:index"),
        reverse("admin:ledger_core_key_change", args=[blog.keys.latest("pk").pk]),
    ):
        page = admin_client.get(url)
        assert page.status_code == 200
        assert secret not in page.content.decode()


def test_a_third_key_is_refused(admin_client: Browser, blog: Client) -> None:
    issue(admin_client, blog)
    page = issue(admin_client, blog).content.decode()
    assert "blog has two keys: revoke the one that is no longer used." in page
    assert Key.objects.count() == 2


def test_a_key_can_have_an_end(admin_client: Browser, blog: Client) -> None:
    issue(admin_client, blog, expires_on_0="2030-01-01", expires_on_1="00:00:00")
    assert "expires on 2030-01-01" in admin_client.get(KEYS).content.decode()


def test_keys_are_revoked_and_the_history_says_by_whom(admin_client: Browser, blog: Client) -> None:
    page = revoke(admin_client, blog.keys.get()).content.decode()
    assert "Revoked 1 key. The service rejects a revoked key after at most 5 seconds." in page
    assert "revoked on 20" in page
    logged = LogEntry.objects.get()
    assert (logged.object_repr, logged.get_change_message()) == (blog.keys.get().prefix, "Revoked.")


@pytest.mark.parametrize(
    "fields", [{"apps": []}, {"apps": ["shop"]}, {"scopes": []}, {"scopes": ["all"]}, {"name": ""}]
)
def test_a_client_that_could_do_nothing_is_refused(admin_client: Browser, fields: dict[str, Any]) -> None:
    page = admin_client.post(ADD_CLIENT, {"name": "blog", "apps": ["content"], "scopes": ["read"], **fields})
    assert "errorlist" in page.content.decode()
    assert not Client.objects.exists()


def test_a_client_can_be_given_other_apps_and_scopes_but_no_other_name(admin_client: Browser, blog: Client) -> None:
    change = reverse("admin:ledger_core_client_change", args=[blog.pk])
    admin_client.post(change, {"name": "other", "apps": ["ecommerce"], "scopes": ["post", "mint"]})
    blog.refresh_from_db()
    assert (blog.name, blog.apps, blog.scopes) == ("blog", ["ecommerce"], ["post", "mint"])


def test_nobody_deletes_a_client_or_a_key_or_changes_a_key(admin_client: Browser, blog: Client) -> None:
    key = blog.keys.get()
    for model, pk in (("client", blog.pk), ("key", key.pk)):
        url = reverse(f"admin:ledger_core_{model}_delete", args=[pk])
        assert admin_client.post(url, {"post": "yes"}).status_code == 403
    url = reverse("admin:ledger_core_key_change", args=[key.pk])
    assert admin_client.post(url, {"client": blog.pk, **NO_EXPIRY}).status_code == 403


def test_nobody_is_offered_the_permission_to_delete_what_the_ledger_keeps() -> None:
    assert not Permission.objects.filter(content_type__app_label="ledger_core", codename__startswith="delete_").exists()


def test_staff_that_may_look_can_neither_issue_nor_revoke(blog: Client) -> None:
    browser = staff("view_client", "view_key")
    assert browser.get(KEYS).status_code == 200
    assert issue(browser, blog).status_code == 403
    revoke(browser, blog.keys.get())
    assert blog.keys.get().revoked_on is None
    assert browser.get(ADD_CLIENT).status_code == 403


def test_staff_that_may_change_keys_revokes(blog: Client) -> None:
    revoke(staff("view_key", "change_key"), blog.keys.get())
    assert blog.keys.get().revoked_on is not None
