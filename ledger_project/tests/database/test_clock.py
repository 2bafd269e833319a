"""The database's clock jumps a day ahead and back, while the service posts: libfaketime under a real PostgreSQL."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger_project.development.embedded import EmbeddedPostgres
from ledger_project.tests.conftest import ROOT, environment
from ledger_project.tests.servers import FAKETIME, clock_of

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not FAKETIME, reason="libfaketime is not installed (the package faketime)"),
]

POST = """
from content.operations import OPERATIONS
from ledger_core.operations import SharedOperation
from ledger_core.posting import post
print(post(OPERATIONS, SharedOperation.{operation}, owner_id={owner!r}, nonce={nonce!r}).entry.created_on)
"""
HOLD = """
from datetime import UTC, datetime
from content import ledger
from ledger_core.operations import SharedOperation
from ledger_core.queries.balances import balance_of
from ledger_core.queries.holds import hold_of
if "{do}" == "hold":
    print(ledger.hold(SharedOperation.CREDIT_SPEND, owner_id={owner!r}, nonce="hold", expires_in=3600).hold.entry.pk)
elif "{do}" == "capture":
    try:
        print(ledger.capture({hold}, nonce="capture").entry.delta)
    except Exception as error:
        print(error.code)
else:
    print(hold_of("content", {hold}).state, balance_of({owner!r}).held)
"""
READ = """
from datetime import UTC, datetime
from ledger_core.queries.balances import balance_at
try:
    print(balance_at({owner!r}, datetime.now(UTC)).balance)
except Exception as error:
    print(error.code)
"""


@dataclass
class Ledger:
    """A ledger whose database goes by the clock that `set_clock` sets."""

    url: str
    clock: Path

    def set_clock(self, offset: str) -> None:
        self.clock.write_text(f"{offset}\n")

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        settings = environment(DATABASE_URL=self.url)
        return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)

    def run(self, code: str, **values: str) -> str:
        done = self.manage("shell", "-v", "0", "-c", code.format(**values))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def ledger(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    folder.chmod(0o755)  # PostgreSQL reads the clock, as another user where this one is root
    ledger = Ledger("", folder / "clock")
    ledger.set_clock("+0")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in clock_of(ledger.clock).items():
            patch.setenv(name, value)
        postgres = EmbeddedPostgres(folder / "postgres")
        ledger.url = postgres.__enter__()
    assert "LD_PRELOAD" not in os.environ  # the clock of PostgreSQL jumps, and no other
    try:
        assert ledger.manage("migrate", "-v", "0").returncode == 0
        yield ledger
    finally:
        postgres.__exit__()


def test_entries_of_a_clock_that_was_ahead_are_found_until_it_has_passed_them(ledger: Ledger) -> None:
    ledger.run(POST, operation="CREDIT_ADD", owner="bob", nonce="1")
    ledger.set_clock("+26h")
    ahead = ledger.run(POST, operation="CREDIT_ADD", owner="alice", nonce="1")
    ledger.run(POST, operation="CREDIT_ADD", owner="bob", nonce="2")
    ledger.set_clock("+0")
    assert ledger.run(POST, operation="CREDIT_SPEND", owner="alice", nonce="2") == ahead  # time does not go back

    found = ledger.manage("verifyledger", "--json")
    assert found.returncode == 1, found.stderr
    report = json.loads(found.stdout)
    assert report["faults"] == []
    assert [(owner["owner_id"], owner["seq"], owner["entries"]) for owner in report["future"]] == [
        ("alice", 1, 2),
        ("bob", 2, 1),
    ]
    assert ledger.run(READ, owner="alice") == ledger.run(READ, owner="bob") == "moment-unclear"

    ledger.set_clock("+27h")
    assert ledger.manage("verifyledger").returncode == 0


def test_a_hold_that_has_ended_stays_ended_when_the_clock_goes_back(ledger: Ledger) -> None:
    for owner in ("alice", "bob"):
        ledger.run(POST, operation="CREDIT_ADD", owner=owner, nonce="1")
    alices, bobs = (ledger.run(HOLD, do="hold", owner=owner, hold="0") for owner in ("alice", "bob"))
    ledger.set_clock("+2h")
    for owner, hold in (("alice", alices), ("bob", bobs)):
        assert ledger.run(HOLD, do="read", owner=owner, hold=hold) == "expired 0"
    ledger.run(POST, operation="CREDIT_SPEND", owner="alice", nonce="2")  # which writes that the hold has ended
    ledger.set_clock("+0")
    assert ledger.run(HOLD, do="read", owner="alice", hold=alices) == "expired 0"
    assert ledger.run(HOLD, do="capture", owner="alice", hold=alices) == "hold-expired"
    # Nothing was written of bob's hold, and it ends by the clock.
    assert ledger.run(HOLD, do="read", owner="bob", hold=bobs) == "open 1"
    assert ledger.run(HOLD, do="capture", owner="bob", hold=bobs) == "-1"
    assert json.loads(ledger.manage("verifyledger", "--json").stdout)["faults"] == []
