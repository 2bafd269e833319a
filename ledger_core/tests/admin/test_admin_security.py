"""The admin against guessing, and every page against scripts that are not ours."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

pytestmark = pytest.mark.django_db

LOGIN = reverse("admin:login")


@pytest.fixture(autouse=True)
def _admin() -> None:
    User.objects.create_superuser("admin", password="right")  # noqa: S106


def log_in(password: str, username: str = "admin", address: str = "10.0.0.1") -> int:
    fields = {"username": username, "password": password}
    return Client(REMOTE_ADDR=address).post(LOGIN, fields).status_code


def test_the_password_opens() -> None:
    assert log_in("right") == 302


def test_after_five_guesses_even_the_password_does_not_open() -> None:
    assert [log_in("guess") for _ in range(5)] == [200, 200, 200, 200, 429]
    assert log_in("right") == 429


def test_guesses_from_many_addresses_are_counted_by_the_name() -> None:
    answers = [log_in("guess", address=f"10.0.0.{number}") for number in range(5)]
    assert answers[-1] == 429


def test_guesses_of_many_names_are_counted_by_the_address() -> None:
    answers = [log_in("guess", username=f"user-{number}") for number in range(5)]
    assert answers[-1] == 429
    assert log_in("right", address="10.0.0.2") == 302


def test_it_opens_again_after_a_while_and_guesses_meanwhile_do_not_prolong_it() -> None:
    for _ in range(7):
        log_in("guess")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert log_in("right") == 302


@pytest.mark.parametrize("address", ["", "2001:db8::1", "somewhere"])
def test_an_address_of_any_kind_can_log_in(address: str) -> None:
    assert log_in("right", address=address) == 302


def test_no_password_that_was_tried_is_kept() -> None:
    log_in("guess-3f9a")
    assert "guess-3f9a" not in str(list(AccessAttempt.objects.values()))


@pytest.mark.parametrize("page", ["/admin/login/", "/api/docs", "/api/v1/content/docs", "/nowhere"])
def test_a_page_loads_and_runs_only_what_the_service_serves(client: Client, page: str) -> None:
    policy = client.get(page)["Content-Security-Policy"]
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["form-action"] == "'self'"
    assert "unsafe" not in policy


@pytest.mark.parametrize("page", ["/admin/login/", "/api/docs"])
def test_a_page_has_no_script_or_style_that_the_policy_would_refuse(client: Client, page: str) -> None:
    html = client.get(page).content.decode()
    assert "<style" not in html
    assert "style=" not in html
    assert html.count("<script") == html.count("<script src=") + html.count('<script type="')
