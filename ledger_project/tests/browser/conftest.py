"""The whole service with six weeks of books, and Chromium to look at it. With --screenshots the pictures are kept."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from ledger_project.tests.browser.history import history
from ledger_project.tests.conftest import ROOT, Project, Service, temporary_folder

PASSWORD = "of-these-tests-alone"  # noqa: S105
# Who looks, who corrects as well, and who may do all; and a client whose keys fill every column of their list.
STAFF = f"""
from datetime import UTC, datetime
from django.contrib.auth.models import Permission, User
from ledger_core.access import clients, keys
from ledger_core.models import Client, Key
until = datetime(2099, 12, 31, 23, 59, tzinfo=UTC)
clients.create("point-of-sale-northern-region-2", ["content", "ecommerce"], ["read", "post"], until)
used = Client.objects.get(name="point-of-sale-northern-region-2").keys
used.update(last_used_on=until)
keys.revoke(used.all())
for name, codenames in {{
    "clerk": ["view_account", "view_entry"],
    "bookkeeper": ["view_account", "view_entry", "post_correction"],
}}.items():
    user = User.objects.create_user(name, password="{PASSWORD}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
User.objects.create_superuser("root", password="{PASSWORD}")
"""
Picture = Callable[[str], None]
LogIn = Callable[[str], None]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("neither chromium nor google-chrome is installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def served(browser: Browser) -> Iterator[Service]:
    with temporary_folder() as folder:
        shutil.copytree(ROOT, folder / "ledger", ignore=shutil.ignore_patterns(".*", "__pycache__"))
        project = Project(folder / "ledger")
        (folder / "history.jsonl").write_bytes(history(datetime.now(UTC)))
        with project.serve() as service:
            for arguments in (["importledger", f"{folder}/history.jsonl"], ["verifyledger"], ["shell", "-c", STAFF]):
                done = project.command("manage.py", *arguments)
                assert done.returncode == 0, done.stderr
            yield service


@pytest.fixture
def scheme() -> str:
    """Light; tests that look at both have a parameter of this name."""
    return "light"


@pytest.fixture
def faults() -> list[str]:
    """What the page's policy refused, and what its scripts failed at: nothing, where a test does not take it away."""
    return []


@pytest.fixture
def page(browser: Browser, served: Service, scheme: str, faults: list[str]) -> Iterator[Page]:
    """A page of a browser that nobody has used."""
    context = browser.new_context(
        base_url=served.url,
        viewport={"width": 1440, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def picture(page: Page, pytestconfig: pytest.Config) -> Picture:
    """Return what keeps a picture of the page, where pictures are asked for."""
    folder = pytestconfig.getoption("--screenshots")

    def take(name: str) -> None:
        if folder:
            page.screenshot(path=folder / f"{name}.png")

    return take


def fill_in(page: Page, name: str, password: str) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


@pytest.fixture(scope="package")
def sessions() -> dict[str, str]:
    """The cookies of those who have logged in, so that not every test waits for a password to be hashed."""
    return {}


@pytest.fixture
def log_in(page: Page, served: Service, sessions: dict[str, str]) -> LogIn:
    def log_in(name: str) -> None:
        if name in sessions:
            page.context.add_cookies([{"name": "sessionid", "value": sessions[name], "url": served.url}])
            page.goto("/admin/")
        else:
            fill_in(page, name, PASSWORD)
        page.get_by_text("Welcome").wait_for()
        sessions[name] = next(c["value"] for c in page.context.cookies() if c["name"] == "sessionid")

    return log_in
