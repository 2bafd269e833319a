"""Corrections by staff: posted as all entries are, once, by those who may, with a name and a reason."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from ledger_core.access import clients
from ledger_core.admin import corrections
from ledger_core.models import Account, Entry, constraints
from ledger_core.models import Client as ApiClient
from ledger_core.operations import Scope
from ledger_core.operations.corrections import CORRECTIONS, Correction
from ledger_core.plugins.checks import check_plugins
from ledger_core.posting import post
from ledger_core.tests.conftest import rejected_by, staff
from ledger_core.tests.imaginary import ADD, IMAGINARY
from ledger_core.values import MAX_CREDITS
from ledger_core.verification import verify

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:ledger_core_account_correction", args=["alice"])
ACCOUNT = reverse("admin:ledger_core_account_change", args=["alice"])
MAY = ("view_account", "view_entry", "post_correction")
FIELDS = {"operation": "CORRECTION_ADD", "amount": "5", "reason": "Paid twice, says Ann.", "nonce": "form-1"}


@pytest.fixture(autouse=True)
def _alice() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")


def correct(browser: Client, **fields: str) -> Any:
    return browser.post(PAGE, FIELDS | fields)


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    assert "Nothing was posted." in response.content.decode()
    found: dict[str, list[str]] = response.context["form"].errors
    return found


def balance() -> int:
    return Account.objects.get().balance


@pytest.mark.parametrize(("operation", "left"), [("CORRECTION_ADD", 15), ("CORRECTION_TAKE", 5)])
def test_credits_are_added_or_taken_in_the_persons_name(operation: str, left: int) -> None:
    browser = staff(*MAY)
    response = correct(browser, operation=operation)
    assert (response.status_code, response["Location"]) == (302, ACCOUNT)
    entry = Entry.objects.latest("pk")
    assert (entry.app, entry.operation, entry.amount, entry.client) == ("ledger_core", operation, 5, "staff:clerk")
    assert (entry.balance_after, balance(), list(verify())) == (left, left, [])


def test_the_reason_is_kept_with_the_entry_and_shown() -> None:
    browser = staff(*MAY)
    correct(browser, reason='[{"no": "JSON"}] <b>Ann</b>')
    entry = Entry.objects.latest("pk")
    logged = LogEntry.objects.get()
    assert (logged.user.username, logged.action_flag, logged.object_id) == ("clerk", ADDITION, str(entry.pk))
    assert entry.metadata == {"reason": '[{"no": "JSON"}] <b>Ann</b>'}
    for url in (ACCOUNT, reverse("admin:ledger_core_entry_change", args=[entry.pk])):
        assert "[{&quot;no&quot;: &quot;JSON&quot;}] &lt;b&gt;Ann&lt;/b&gt;" in browser.get(url).content.decode()


def test_the_line_breaks_of_a_reason_are_kept() -> None:
    assert correct(staff(*MAY), reason="Ann:\r\npaid twice\tü" + "🎲" * 480).status_code == 302
    assert Entry.objects.latest("pk").metadata == {"reason": "Ann:\npaid twice\tü" + "🎲" * 480}


def test_a_posted_form_with_another_reason_is_not_posted_again() -> None:
    browser = staff(*MAY)
    correct(browser)
    (message,) = errors(correct(browser, reason="Another."))["__all__"]
    assert "sent before with other values" in message
    assert balance() == 15


def test_a_form_that_is_sent_twice_posts_once() -> None:
    browser = staff(*MAY)
    page = browser.get(PAGE).content.decode()
    (nonce,) = re.findall(r'name="nonce" value="([^"]+)"', page)
    assert [correct(browser, nonce=nonce).status_code for _ in range(2)] == [302, 302]
    assert (balance(), Entry.objects.count(), LogEntry.objects.count()) == (15, 2, 1)
    assert "This correction was posted before" in browser.get(ACCOUNT).content.decode()
    assert nonce not in browser.get(PAGE).content.decode()


def nonce_of(response: Any) -> str:
    (nonce,) = re.findall(r'name="nonce" value="([^"]+)"', response.content.decode())
    return str(nonce)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "rejected", [{"operation": "CORRECTION_TAKE", "amount": "11"}, {"nonce": "a\nb"}, {"nonce": "x" * 129}]
)
def test_a_rejected_form_can_be_corrected_and_sent_again_and_posts_once(rejected: dict[str, str]) -> None:
    browser = staff(*MAY)
    nonce = nonce_of(correct(browser, **rejected))
    assert nonce not in (rejected.get("nonce"), FIELDS["nonce"])
    assert [correct(browser, nonce=nonce).status_code for _ in range(2)] == [302, 302]
    assert (balance(), Entry.objects.count(), LogEntry.objects.count()) == (15, 2, 1)


@pytest.mark.django_db(transaction=True)
def test_a_posted_form_that_is_changed_posts_only_after_the_page_says_that_it_was_posted() -> None:
    browser = staff(*MAY)
    correct(browser)
    rejected = correct(browser, amount="6")
    (message,) = errors(rejected)["__all__"]
    assert "This form was sent before with other values, and that correction was posted" in message
    assert balance() == 15
    nonce = nonce_of(rejected)
    assert [correct(browser, amount="6", nonce=nonce).status_code for _ in range(2)] == [302, 302]
    assert balance() == 21


def test_a_form_that_lacks_something_keeps_its_nonce_since_it_may_have_been_posted_before() -> None:
    browser = staff(*MAY)
    correct(browser)
    assert nonce_of(correct(browser, reason="")) == FIELDS["nonce"]
    assert correct(browser).status_code == 302
    assert balance() == 15


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": " \n "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "a\x07b"}, "reason"),
        ({"amount": ""}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "1.5"}, "amount"),
        ({"amount": "many"}, "amount"),
        ({"amount": "1_0"}, "amount"),
        ({"amount": "１０"}, "amount"),
        ({"amount": "٣"}, "amount"),
        ({"amount": "+5"}, "amount"),
        ({"amount": " 5"}, "amount"),
        ({"amount": "5\n"}, "amount"),
        ({"amount": "1e1"}, "amount"),
        ({"amount": "5.0"}, "amount"),
        ({"amount": str(MAX_CREDITS + 1)}, "amount"),
        ({"operation": ""}, "operation"),
        ({"operation": "CREDIT_ADD"}, "operation"),
        ({"nonce": ""}, "nonce"),
        ({"nonce": "x" * 129}, "nonce"),
        ({"nonce": "a\nb"}, "__all__"),
        ({"amount": str(MAX_CREDITS)}, "__all__"),
        ({"operation": "CORRECTION_TAKE", "amount": "11"}, "__all__"),
    ],
)
def test_what_is_refused_is_told_and_posts_nothing(fields: dict[str, str], field: str) -> None:
    response = correct(staff(*MAY), **fields)
    assert list(errors(response)) == [field]
    assert (balance(), Entry.objects.count(), LogEntry.objects.exists()) == (10, 1, False)


def test_a_refusal_loses_nothing_that_was_typed() -> None:
    response = correct(staff(*MAY), operation="CORRECTION_TAKE", amount="11")
    page = response.content.decode()
    assert "alice has 10 credits, and CORRECTION_TAKE × 11 takes 11." in page
    assert FIELDS["reason"] in page
    assert 'name="amount" value="11"' in page
    assert re.search(r'value="CORRECTION_TAKE"[^>]*checked', page)


@pytest.mark.parametrize("codenames", [("view_account", "view_entry"), ("post_correction", "view_entry"), ()])
def test_without_the_permission_or_without_seeing_accounts_nobody_corrects(codenames: tuple[str, ...]) -> None:
    browser = staff(*codenames)
    assert browser.get(PAGE).status_code == 403
    assert correct(browser).status_code == 403
    assert balance() == 10


def test_who_is_not_logged_in_is_asked_to() -> None:
    assert correct(Client())["Location"].startswith(reverse("admin:login"))
    assert balance() == 10


def test_the_page_offers_a_correction_to_those_alone_who_may() -> None:
    browser = staff("view_account")
    assert PAGE not in browser.get(ACCOUNT).content.decode()
    user: Any = browser.get(ACCOUNT).wsgi_request.user
    user.user_permissions.add(Permission.objects.get(codename="post_correction"))
    assert PAGE in browser.get(ACCOUNT).content.decode()


def test_an_owner_that_has_no_account_cannot_be_corrected(admin_client: Client) -> None:
    url = reverse("admin:ledger_core_account_correction", args=["nobody"])
    page = admin_client.post(url, FIELDS, follow=True)
    assert "nobody” doesn’t exist" in page.content.decode()
    assert Account.objects.count() == 1


def test_a_correction_that_cannot_be_noted_is_not_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(corrections.CorrectionPage, "log_addition", fail)
    browser = staff(*MAY)
    browser.raise_request_exception = False
    assert correct(browser).status_code == 500
    assert (balance(), Entry.objects.count()) == (10, 1)


def test_a_long_name_is_cut_to_what_the_books_hold() -> None:
    browser = staff(*MAY)
    user: Any = browser.get(PAGE).wsgi_request.user
    user.username = "n" * 150
    user.save()
    assert correct(browser).status_code == 302
    assert Entry.objects.latest("pk").client == ("staff:" + "n" * 150)[:128]


def test_no_client_of_the_api_has_a_persons_name() -> None:
    with pytest.raises(ValidationError, match="Names that begin with staff: are those of people"):
        clients.create("staff:ann", ["content"], [Scope.READ])
    with rejected_by(constraints.CLIENT_NAME_NOT_STAFF):
        ApiClient.objects.create(name="staff:ann", apps=["content"], scopes=["read"])


def test_corrections_are_of_no_app_and_have_no_address(client: Client) -> None:
    assert check_plugins() == []
    for operation in Correction:
        assert operation in CORRECTIONS
    assert client.get("/api/v1/ledger_core/operations").status_code == 404


def test_corrections_are_found_among_the_entries(admin_client: Client) -> None:
    correct(admin_client)
    url = reverse("admin:ledger_core_entry_changelist")
    for query in ({"app": "ledger_core"}, {"operation": "ledger_core:CORRECTION_ADD"}):
        response = admin_client.get(url, query)
        assert [entry.operation for entry in response.context["cl"].result_list] == ["CORRECTION_ADD"]
        assert "ledger_core%3ACORRECTION_TAKE" in response.content.decode()
