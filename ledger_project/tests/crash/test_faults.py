"""Servers, networks, disks and clocks fail under load: nothing is lost, and no request is answered 500.

As root, since networks are cut and disks mounted: `make soak`. While each happens, staff do what ends in a ROLLBACK
in the service's threads.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from ledger_project.tests.conftest import ROOT, environment
from ledger_project.tests.crash.checker import figures, violations
from ledger_project.tests.crash.stack import serving
from ledger_project.tests.crash.test_crash import books
from ledger_project.tests.crash.writers import read_records, writing
from ledger_project.tests.servers import Server, clock_of, silent, small_disk

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can cut networks and mount disks"),
]

ROUNDS = 4
PASSWORD = "of this test only"  # noqa: S105
Fault = Callable[["Servers"], None]


class Servers:
    """A primary, the standby of one, and what is at hand to break them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = folder / "clock"
        self.clock.write_text("+0\n")
        self.disk = folder / "disk"
        self.primary = Server(self.disk / "primary", environment=clock_of(self.clock, cached=True))
        self.standby = Server(folder / "standby" / "data")
        self.standby.data.parent.mkdir()

    @property
    def url(self) -> str:
        """Both hosts; libpq goes to the one that can be written to."""
        hosts = f"host=127.0.0.1,127.0.0.1&port={self.primary.port},{self.standby.port}"
        return f"postgresql://postgres@/postgres?{hosts}&target_session_attrs=read-write"

    def start(self) -> None:
        # max_wal_size keeps the log of a small disk small.
        self.primary.start(max_wal_size="64MB", min_wal_size="32MB", shared_buffers="32MB")

    def follow(self) -> None:
        """Make the standby, and let no commit be acknowledged that it has not."""
        self.standby.copy_from(self.primary)
        self.standby.start()
        self.primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()")

    def fail_over(self) -> None:
        """Demote the primary as an operator or a cloud does: it lives on, can be read, and refuses writes."""
        self.follow()
        time.sleep(2)
        self.primary.execute("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        time.sleep(2)
        self.standby.promote()
        time.sleep(4)
        self.primary.stop("immediate")
        time.sleep(3)
        # The next round fails over the other way.
        self.primary, self.standby = self.standby, self.primary

    def fall_silent(self) -> None:
        with silent(self.primary):
            time.sleep(20)

    def fill_the_disk(self) -> None:
        filler = self.disk / "filler"
        with filler.open("wb") as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
                    file.flush()
            except OSError:
                pass
        time.sleep(6)
        filler.unlink()
        time.sleep(1)
        if not self.primary.runs():  # without room for its log it ends, and an operator starts it
            self.start()

    def jump_in_time(self) -> None:
        self.clock.write_text("+26h\n")
        time.sleep(6)
        self.clock.write_text("+0\n")
        time.sleep(3)

    def go_on(self) -> None:
        """Nothing breaks but what staff do."""
        time.sleep(3)


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    folder.chmod(0o755)  # the servers below it run as nobody
    with small_disk(folder / "disk", megabytes=400):
        made = Servers(folder)
        made.primary.initialize()
        made.start()
        try:
            yield made
        finally:
            made.primary.stop("immediate")
            made.standby.stop("immediate")


class Staff(threading.Thread):
    """A person whose pages end in a ROLLBACK: a list beyond its end, a rejected correction, and one sent twice."""

    def __init__(self, port: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)  # ends also if the test fails
        self._base, self._stop_asked = f"http://127.0.0.1:{port}", stop
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        browser: OpenerDirector | None = None
        while not self._stop_asked.is_set():
            try:
                browser = browser or self._log_in()
                self._page(browser, "/admin/ledger_core/entry/?p=99999")
                self._correct(browser)
            except (URLError, OSError, LookupError):  # the service answers 503, and has no form
                browser = None
                self._stop_asked.wait(0.5)

    def _log_in(self) -> OpenerDirector:
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        self._form(browser, "/admin/login/?next=/admin/", {"username": "admin", "password": PASSWORD})
        return browser

    def _correct(self, browser: OpenerDirector) -> None:
        path = "/admin/ledger_core/account/hot/correction/"
        fields = {"operation": "CORRECTION_TAKE", "amount": str(10**15), "reason": "more than there is"}
        self._form(browser, path, fields)
        self._form(browser, path, {**fields, "operation": "CORRECTION_ADD", "amount": "1"}, times=2)

    def _form(self, browser: OpenerDirector, path: str, fields: dict[str, str], times: int = 1) -> None:
        page = self._page(browser, path)
        hidden = dict(re.findall(r'<input type="hidden" name="(csrfmiddlewaretoken|nonce)" value="([^"]*)"', page))
        for _ in range(times):
            self._page(browser, path, urlencode({**hidden, **fields}).encode())

    def _page(self, browser: OpenerDirector, path: str, body: bytes | None = None) -> str:
        try:
            with browser.open(self._base + path, body, timeout=60) as answer:
                self.statuses[answer.status] += 1
                return str(answer.read().decode())
        except HTTPError as error:
            with error:
                self.statuses[error.code] += 1
                if error.code == 500:
                    return str(error.read().decode())
            raise


@pytest.mark.parametrize(
    "fault",
    [Servers.go_on, Servers.fail_over, Servers.fall_silent, Servers.fill_the_disk, Servers.jump_in_time],
    ids=lambda fault: fault.__name__,
)
def test_no_request_is_answered_500_and_nothing_is_lost(folder: Path, fault: Fault) -> None:
    with servers(folder) as made, serving(folder, made.url) as (port, key, _):
        add_superuser(made.url)
        stop = threading.Event()
        staff = Staff(port, stop)
        with writing(port, key, folder / "records"):
            time.sleep(1)
            staff.start()
            for _ in range(1 if fault is Servers.jump_in_time else ROUNDS):
                fault(made)
                time.sleep(2)
            stop.set()
            staff.join()
        attempts, rows = read_records(folder / "records"), books(made.primary.url)
        statuses = Counter(attempt.status for attempt in attempts)
        told = figures(attempts, rows)
        print(f"\n{fault.__name__}: {dict(statuses)}, staff {dict(staff.statuses)}, {told}")  # noqa: T201
        log = (folder / "gunicorn.log").read_text()
        assert (statuses[500], staff.statuses[500]) == (0, 0)
        assert "Traceback" not in log
        assert list(violations(attempts, rows)) == []
        assert faults(made.primary.url, of_the_future=fault is Servers.jump_in_time) == []
    assert told["acknowledged"] > 100
    assert staff.statuses[200] > ROUNDS


def add_superuser(url: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "createsuperuser", "--noinput", "--username=admin", "--email="],
        cwd=ROOT,
        env=environment(DATABASE_URL=url, DJANGO_SUPERUSER_PASSWORD=PASSWORD),
        check=True,
        capture_output=True,
    )


def faults(url: str, *, of_the_future: bool) -> list[str]:
    """Return what `verifyledger` finds."""
    verified = subprocess.run(
        [sys.executable, "manage.py", "verifyledger", "--json"],
        cwd=ROOT,
        env=environment(DATABASE_URL=url),
        capture_output=True,
        text=True,
        check=False,
    )
    found = [fault["detail"] for fault in json.loads(verified.stdout)["faults"]]
    return [detail for detail in found if not (of_the_future and "future" in detail)]
