"""Owner ids that would turn the text around them, on the page where staff move credits."""

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from ledger_project.tests.browser.conftest import LogIn
from ledger_project.tests.conftest import Service

pytestmark = pytest.mark.browser

# Where each character of the first text in the element that has `text` stands, from the left.
PLACES = """(element, text) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const start = walker.currentNode.data.indexOf(text);
        if (start < 0) continue;
        return [...text].map((_, index) => {
            const range = document.createRange();
            range.setStart(walker.currentNode, start + index);
            range.setEnd(walker.currentNode, start + index + 1);
            return range.getBoundingClientRect().left;
        });
    }
    return [];
}"""


def reads_from_left_to_right(element: Locator, text: str) -> bool:
    places = element.evaluate(PLACES, text)
    assert len(places) == len(text)
    return bool(places == sorted(places))


@pytest.mark.parametrize(
    ("owner", "spelling"),
    [("ann\u202e06", r"ann\u202e06"), ("\u2067ann", r"\u2067ann"), ("\u05d0\u05d1", ""), ("an\u200dn", r"an\u200dn")],
)
def test_the_balance_and_the_amount_read_as_they_are_beside_any_owner(
    page: Page, served: Service, log_in: LogIn, owner: str, spelling: str
) -> None:
    body = {"operation": "CREDIT_ADD", "owner_id": owner, "nonce": "1", "amount": 6}
    assert served.status("/api/v1/content/ledger", json.dumps(body).encode()) in (200, 201)
    log_in("bookkeeper")
    page.goto(f"/admin/ledger_core/account/{quote(owner)}/correction/")
    says = page.locator("#content-main p").first
    expect(says).to_contain_text(f"{spelling} has 60 credits.")
    assert reads_from_left_to_right(says, "has 60 credits.")
    assert "\u202e" not in page.title()

    page.get_by_label("Take credits").check()
    page.get_by_label("Credits:").fill("61")
    page.get_by_label("Reason:").fill("Paid twice, says Ann.")
    page.get_by_role("button", name="Post the correction").click()
    error = page.locator(".errorlist").first
    expect(error).to_contain_text("61 takes 61.")
    assert reads_from_left_to_right(error, "has 60 credits, and CORRECTION_TAKE × 61 takes 61.")
    page.get_by_label("Credits:").fill("1")
    page.get_by_role("button", name="Post the correction").click()
    expect(page.locator(".field-balance_now .readonly")).to_have_text("59")
