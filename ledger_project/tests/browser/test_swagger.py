"""The API's page: authorised with a key, it posts."""

import json

import pytest
from playwright.sync_api import Page, expect

from ledger_project.tests.browser.conftest import Picture
from ledger_project.tests.conftest import Service

pytestmark = pytest.mark.browser


def test_it_posts_what_is_typed_once_it_has_a_key(page: Page, served: Service, picture: Picture) -> None:
    page.goto("/api/v1/content/docs")
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").fill(served.key)
    page.locator(".auth-btn-wrapper .authorize").click()
    page.locator(".auth-btn-wrapper .btn-done").click()
    picture("api")  # before the page shows the key

    operation = page.locator(".opblock-post").first
    operation.locator(".opblock-summary-control").click()
    body = {"operation": "CREDIT_ADD", "owner_id": "swagger", "nonce": "typed", "amount": 2}
    operation.locator("textarea.body-param__text").fill(json.dumps(body))
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").last).to_contain_text("201")
    expect(answer).to_contain_text('"balance_after": 20')
    with served.open("/api/v1/content/ledger/swagger") as read:
        assert json.load(read)["balance"] == 20
