"""The admin as staff see it, in light and dark: found by what a person reads, with nothing that the policy refuses."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ledger_project.tests.browser.conftest import PASSWORD, LogIn, Picture, fill_in

pytestmark = pytest.mark.browser
both = pytest.mark.parametrize("scheme", ["light", "dark"])

ACCOUNT = "/admin/ledger_core/account/{}/change/"


def test_a_wrong_password_opens_nothing_and_the_right_one_does(page: Page) -> None:
    fill_in(page, "clerk", "guess")
    expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()
    fill_in(page, "clerk", PASSWORD)
    expect(page.get_by_text("Welcome")).to_be_visible()


def test_the_front_page_tells_what_was_posted_and_that_the_books_are_whole(
    page: Page, log_in: LogIn, picture: Picture
) -> None:
    log_in("clerk")
    expect(page.locator("#verified")).to_contain_text("No faults found. 240 entries of 6 accounts")
    rows = page.locator("#activity tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.filter(has_text="PURCHASE")).to_contain_text(re.compile(r"ecommerce\s*PURCHASE\s*\d+\s*-\d+"))
    picture("front")


def test_an_account_is_found_by_the_beginning_of_its_owner(page: Page, log_in: LogIn) -> None:
    log_in("clerk")
    page.get_by_role("link", name="Accounts", exact=True).first.click()
    page.locator("#searchbar").fill("ali")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_role("link", name="alice").click()
    expect(page.get_by_role("heading", name="alice")).to_be_visible()


@both
def test_an_account_shows_its_chart_the_same_as_a_table_and_its_entries(
    page: Page, log_in: LogIn, picture: Picture, scheme: str
) -> None:
    log_in("bookkeeper")
    page.goto(ACCOUNT.format("alice"))
    chart = page.get_by_role("img", name="Balance over time")
    expect(chart).to_be_visible()
    expect(chart.get_by_text("balance (credits)")).to_be_visible()
    expect(chart.get_by_text("time (UTC)")).to_be_visible()
    picture("account" if scheme == "light" else "account-dark")

    page.get_by_text("Show as a table").click()
    expect(page.locator("details tbody tr")).to_have_count(60)
    balance = page.locator("details tbody tr").last.locator("td").last.inner_text()
    expect(page.locator(".field-balance_now .readonly")).to_have_text(balance)
    expect(page.locator("#newest tbody tr")).to_have_count(20)


def test_a_refund_leads_to_the_purchase_and_back(page: Page, log_in: LogIn) -> None:
    log_in("clerk")
    page.goto(ACCOUNT.format("dave"))
    refund = page.locator("#newest tr", has_text="REFUND_ITEM").first
    number = refund.get_by_role("link").first.inner_text()
    refund.get_by_role("link", name=re.compile("^entry")).click()
    expect(page.locator(".field-operation .readonly")).to_have_text("PURCHASE")
    page.locator(".field-reversed_by").get_by_role("link", name=f"entry {number}").click()
    expect(page.locator(".field-operation .readonly")).to_have_text("REFUND_ITEM")


def test_the_theme_of_the_admin_is_the_charts(page: Page, log_in: LogIn) -> None:
    def colour() -> str:
        return str(page.locator(".ledger-chart .series path").evaluate("path => getComputedStyle(path).stroke"))

    log_in("clerk")
    page.goto(ACCOUNT.format("alice"))
    light = colour()
    page.get_by_role("button", name=re.compile("theme")).first.click()  # from what the system has, light, to dark
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert colour() != light


def test_entries_are_filtered(page: Page, log_in: LogIn, picture: Picture) -> None:
    log_in("clerk")
    page.goto("/admin/ledger_core/entry/")
    page.locator("#changelist-filter").get_by_role("link", name="ecommerce:REFUND_ITEM").click()
    operations = page.locator("#result_list .field-app_and_operation").all_inner_texts()
    assert set(operations) == {"ecommerce: REFUND_ITEM"}
    picture("admin")


@pytest.mark.parametrize("path", ["entry/", "entry/?owner=alice", "account/", "client/", "key/"])
def test_no_column_of_a_list_is_cut_off_on_a_desk(page: Page, log_in: LogIn, path: str) -> None:
    log_in("root")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"/admin/ledger_core/{path}")
    assert page.locator("#result_list").evaluate(
        "table => table.parentElement.scrollWidth <= table.parentElement.clientWidth"
    )


def test_a_period_is_settled(page: Page, log_in: LogIn, picture: Picture) -> None:
    log_in("clerk")
    page.goto("/admin/")
    page.get_by_role("link", name="Settlement").click()
    page.get_by_label("From").fill("2020-01-01")
    page.get_by_role("button", name="Settle").click()
    expect(page.locator("#settlement tbody tr").last).to_contain_text("All")
    picture("settlement")


def test_who_may_not_correct_is_offered_none_and_let_in_nowhere(page: Page, log_in: LogIn) -> None:
    log_in("clerk")
    page.goto(ACCOUNT.format("bob"))
    expect(page.get_by_role("heading", name="bob")).to_be_visible()
    expect(page.get_by_role("link", name="Post a correction")).to_have_count(0)
    answer = page.goto("/admin/ledger_core/account/bob/correction/")
    assert answer is not None
    assert answer.status == 403


def test_a_correction_is_refused_with_what_was_typed_and_then_posted_once(
    page: Page, log_in: LogIn, picture: Picture
) -> None:
    log_in("bookkeeper")
    page.goto(ACCOUNT.format("bob"))
    before = int(page.locator(".field-balance_now .readonly").inner_text())
    page.get_by_role("link", name="Post a correction").click()
    page.get_by_label("Take credits").check()
    page.get_by_label("Credits:").fill(str(before + 1))
    page.get_by_label("Reason:").fill("Paid twice, says Ann.")
    page.get_by_role("button", name="Post the correction").click()
    expect(page.get_by_text(f"bob has {before} credits")).to_have_count(2)
    expect(page.get_by_label("Take credits")).to_be_checked()
    expect(page.get_by_label("Reason:")).to_have_value("Paid twice, says Ann.")
    picture("correction")

    page.get_by_label("Add credits").check()
    page.get_by_label("Credits:").fill("7")
    page.get_by_role("button", name="Post the correction").dblclick()
    expect(page.locator(".field-balance_now .readonly")).to_have_text(str(before + 7))
    newest = page.locator("#newest tbody tr").first
    expect(newest).to_contain_text("CORRECTION_ADD × 7")
    expect(newest).to_contain_text("staff:bookkeeper")
    expect(newest).to_contain_text("Paid twice, says Ann.")
    page.reload()
    expect(page.locator("#newest tbody tr", has_text="CORRECTION_ADD")).to_have_count(1)


@both
@pytest.mark.parametrize("path", ["", "ledger_core/account/alice/change/", "ledger_core/account/alice/correction/"])
def test_axe_finds_nothing_that_would_keep_people_out(page: Page, log_in: LogIn, faults: list[str], path: str) -> None:
    log_in("bookkeeper")
    page.goto(f"/admin/{path}")
    assert faults == []
    found = Axe().run(page)
    faults.clear()  # axe tries styles
    assert found.violations_count == 0, found.generate_report()


def test_what_the_policy_refuses_would_be_seen(page: Page, faults: list[str]) -> None:
    page.goto("/admin/")
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.wait_for_timeout(100)
    assert len(faults) == 1
    faults.clear()
