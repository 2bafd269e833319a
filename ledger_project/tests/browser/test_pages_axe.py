"""axe on every kind of page: nothing serious keeps people out, in light and dark, on a desk and on a telephone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from ledger_project.tests.browser.conftest import LogIn

pytestmark = pytest.mark.browser

WIDTHS = (1280, 390)
PUBLIC = [
    "/admin/login/",
    "/api/docs",
    "/api/v1/content/docs",
    "/api/problems",
    "/api/problems/insufficient-balance",
    "/",
]
ADMIN = [
    "",
    "ledger_core/",
    "ledger_core/account/",
    "ledger_core/account/?q=nobody",
    "ledger_core/account/alice/change/",
    "ledger_core/account/alice/history/",
    "ledger_core/account/alice/correction/",
    "ledger_core/entry/",
    "ledger_core/entry/?owner=alice",
    "ledger_core/entry/?operation=unknown",
    "ledger_core/entry/1/change/",
    "ledger_core/entry/1/history/",
    "ledger_core/entry/settlement/?since=2020-01-01&until=2100-01-01",
    "content/contententry/",
    "ledger_core/client/",
    "ledger_core/client/add/",
    "ledger_core/client/1/change/",
    "ledger_core/client/1/history/",
    "ledger_core/key/",
    "ledger_core/key/add/",
    "ledger_core/key/1/change/",
    "auth/user/",
    "auth/user/1/change/",
    "auth/user/1/delete/",
    "axes/accessattempt/",
    "password_change/",
    "nowhere/",
]


# What the scripts of others make of a page, by the rule, and a part of what axe shows of the element.
NOT_OURS = {
    "aria-prohibited-attr": "help-tooltip",  # Django's two lists beside each other, of groups and permissions
    "button-name": "close-modal",  # Swagger UI has no setting or template for these
    "label": "body-param__text",
    "select-name": "examples-select-element",
}


def serious(page: Page) -> Iterator[str]:
    """Yield what axe finds in both colours and widths, its minor and moderate findings aside."""
    for width in WIDTHS:
        page.set_viewport_size(ViewportSize(width=width, height=900))
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            # Colours fade; an animation that is cancelled rejects its promise.
            page.evaluate("Promise.allSettled(document.getAnimations().map(each => each.finished))")
            for found in Axe().run(page).response["violations"]:
                if found["impact"] in {"serious", "critical"}:
                    nodes = [node for node in found["nodes"] if NOT_OURS.get(found["id"], "\0") not in node["html"]]
                    yield from (
                        f"{scheme} {width} {found['id']}: {node['html']} {node['failureSummary']}" for node in nodes
                    )


def check(page: Page, faults: list[str]) -> None:
    assert faults == []
    found = list(serious(page))
    faults.clear()  # axe tries styles
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_for_everybody(page: Page, faults: list[str], path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    check(page, faults)


@pytest.mark.parametrize("path", ADMIN)
def test_a_page_of_the_admin(page: Page, log_in: LogIn, faults: list[str], path: str) -> None:
    log_in("root")
    page.goto(f"/admin/{path}")
    check(page, faults)


def test_swagger_with_an_operation_open(page: Page, faults: list[str]) -> None:
    page.goto("/api/v1/content/docs")
    page.locator(".opblock-post .opblock-summary-control").first.click()
    page.locator("textarea.body-param__text").first.wait_for()
    check(page, faults)


def test_swagger_where_a_key_is_typed(page: Page, faults: list[str]) -> None:
    page.goto("/api/v1/content/docs")
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").wait_for()
    check(page, faults)


def test_a_login_that_is_refused(page: Page, faults: list[str]) -> None:
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("guess")
    page.get_by_role("button", name="Log in").click()
    check(page, faults)


def test_a_correction_that_is_refused_and_one_that_is_posted(page: Page, log_in: LogIn, faults: list[str]) -> None:
    log_in("root")
    page.goto("/admin/ledger_core/account/carol/correction/")
    page.get_by_role("button", name="Post the correction").click()
    check(page, faults)
    page.get_by_label("Add credits").check()
    page.get_by_label("Credits:").fill("1")
    page.get_by_label("Reason:").fill("Paid twice, says Ann.")
    page.get_by_role("button", name="Post the correction").click()
    page.get_by_text("Posted as entry").wait_for()
    check(page, faults)


def test_a_key_that_is_issued_and_revoked(page: Page, log_in: LogIn, faults: list[str]) -> None:
    log_in("root")
    page.goto("/admin/ledger_core/key/add/?client=1")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#issued-key").wait_for()
    check(page, faults)
    page.goto("/admin/ledger_core/key/")
    page.locator("#result_list tbody input").first.check()
    page.get_by_label("Action:").select_option("revoke")
    page.get_by_role("button", name="Go").click()
    page.get_by_text("Revoked 1 key.").wait_for()
    check(page, faults)


def test_the_page_after_logging_out(page: Page, log_in: LogIn, faults: list[str], sessions: dict[str, str]) -> None:
    log_in("root")
    page.get_by_role("button", name="Log out").click()
    del sessions["root"]
    check(page, faults)
