"""The API's page: authorised with a key, it posts."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from ledger_project.tests.browser.conftest import Picture
from ledger_project.tests.conftest import Service

pytestmark = pytest.mark.browser


def authorize(page: Page, served: Service) -> None:
    page.goto("/api/v1/content/docs")
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").fill(served.key)
    page.locator(".auth-btn-wrapper .authorize").click()
    page.locator(".auth-btn-wrapper .btn-done").click()


def execute(page: Page, **body: str | int) -> Locator:
    """Post the body with the page, and return what it shows of the answer."""
    operation = page.locator(".opblock-post").first
    operation.locator("textarea.body-param__text").fill(json.dumps(body))
    operation.get_by_role("button", name="Execute").click()
    return operation.locator(".live-responses-table")


def test_it_posts_what_is_typed_once_it_has_a_key(page: Page, served: Service, picture: Picture) -> None:
    authorize(page, served)
    picture("api")  # before the page shows the key

    page.locator(".opblock-post .opblock-summary-control").first.click()
    answer = execute(page, operation="CREDIT_ADD", owner_id="swagger", nonce="typed", amount=2)
    expect(answer.locator(".response-col_status").last).to_contain_text("201")
    expect(answer).to_contain_text('"balance_after": 20')
    with served.open("/api/v1/content/ledger/swagger") as read:
        assert json.load(read)["balance"] == 20


def test_integers_past_2_to_53_are_sent_and_shown_exactly(page: Page, served: Service) -> None:
    authorize(page, served)
    page.locator(".opblock-post .opblock-summary-control").first.click()
    answer = execute(page, operation="CREDIT_ADD", owner_id="rich", nonce="[1234567890123456]", amount=900719925474099)
    expect(answer).to_contain_text('"balance_after": 9007199254740990')
    expect(answer).to_contain_text('"nonce": "[1234567890123456]"')
    answer = execute(page, operation="SIGNUP_CREDIT", owner_id="rich", nonce="2", amount=1)
    expect(answer).to_contain_text('"balance_after": 9007199254740993')  # JavaScript's is …992
    answer = execute(page, operation="CREDIT_SPEND", owner_id="rich", nonce="3", amount=9007199254740993)
    expect(answer).to_contain_text('"delta": -9007199254740993')
