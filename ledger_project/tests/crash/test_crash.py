"""PostgreSQL and gunicorn's workers killed under load: nothing is lost, doubled or invented."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from ledger_project.tests.conftest import ROOT, environment
from ledger_project.tests.crash.checker import BOOKS, Row, figures, shown, violations
from ledger_project.tests.crash.stack import Stack, running
from ledger_project.tests.crash.writers import Attempt, Outcome, read_records, writing

SHORT, LONG = 2, 25
kills = pytest.mark.parametrize(
    "kills", [pytest.param(SHORT, marks=pytest.mark.service), pytest.param(LONG, marks=pytest.mark.soak)]
)


@kills
def test_nothing_is_lost_when_postgresql_is_killed(folder: Path, kills: int) -> None:
    run(folder, kills, Stack.kill_postgres)


@kills
def test_nothing_is_lost_when_workers_are_killed(folder: Path, kills: int) -> None:
    run(folder, kills, Stack.kill_worker)


def run(folder: Path, kills: int, kill: Callable[[Stack], None]) -> None:
    with running(folder) as stack:
        with writing(stack.port, stack.key, folder / "records"):
            for _ in range(kills):
                time.sleep(1.5)
                kill(stack)
            time.sleep(1)
        attempts, rows = read_records(folder / "records"), books(stack.url)
        told = figures(attempts, rows)
        print(f"\n{kill.__name__} × {kills}: " + ", ".join(f"{number:,} {what}" for what, number in told.items()))  # noqa: T201
        assert list(violations(attempts, rows)) == []
        verified = subprocess.run(
            [sys.executable, "manage.py", "verifyledger"],
            cwd=ROOT,
            env=environment(DATABASE_URL=stack.url),
            capture_output=True,
            text=True,
            check=False,
        )
        assert verified.returncode == 0, verified.stdout + verified.stderr
    # A run in which nothing happened proves nothing.
    assert told["acknowledged"] > kills  # the machine can be slow
    if kills == LONG:  # a short run can be over before any of these
        assert told["retried, and the first was posted"] > 0
        assert told["refused"] > 0


def books(url: str) -> list[Row]:
    """Return all entries as the API shows them."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return [shown(row) for row in connection.execute(BOOKS).fetchall()]


def row(nonce: str, seq: int, owner_id: str = "alice", delta: int = 10, **fields: Any) -> Row:
    return {"owner_id": owner_id, "nonce": nonce, "seq": seq, "delta": delta, "balance_after": seq * 10, **fields}


def attempt(outcome: Outcome, *nonces: str, request: str = "r", answer: list[Row] | None = None) -> Attempt:
    entries = [{"owner_id": "alice", "nonce": nonce} for nonce in nonces]
    return Attempt(request, "content", entries, outcome, answer=answer or [])


FIRST, SECOND = row("1", 1), row("2", 2)
WITH_REFERENCE = Attempt("r", "content", [{"owner_id": "alice", "nonce": "1", "reference": "order-1"}], Outcome.UNKNOWN)
ACKNOWLEDGED = attempt(Outcome.ACKNOWLEDGED, "1", answer=[FIRST])
REFUSED, UNKNOWN = attempt(Outcome.REFUSED, "1"), attempt(Outcome.UNKNOWN, "1")


@pytest.mark.parametrize(
    ("attempts", "rows"),
    [
        ([], []),
        ([ACKNOWLEDGED], [FIRST]),
        ([UNKNOWN, ACKNOWLEDGED], [FIRST]),
        ([REFUSED], []),
        ([UNKNOWN, REFUSED], []),
        ([UNKNOWN], []),
        ([UNKNOWN], [FIRST]),
        ([attempt(Outcome.ACKNOWLEDGED, "1", "2", answer=[FIRST, SECOND])], [SECOND, FIRST]),
    ],
)
def test_the_checker_passes_what_is_right(attempts: list[Attempt], rows: list[Row]) -> None:
    assert list(violations(attempts, rows)) == []


@pytest.mark.parametrize(
    ("attempts", "rows", "violation"),
    [
        ([ACKNOWLEDGED], [], "it was acknowledged, and the books have not what it was told"),
        ([ACKNOWLEDGED], [row("1", 1, hash="another")], "it was acknowledged"),
        ([UNKNOWN, ACKNOWLEDGED], [FIRST, row("1", 2)], "alice has 1 twice"),
        ([REFUSED], [FIRST], "it was refused, and is in the books"),
        ([UNKNOWN, REFUSED], [FIRST], "it was refused, and is in the books"),
        ([WITH_REFERENCE], [FIRST], "1 is in the books, but not as it was asked for"),
        ([attempt(Outcome.UNKNOWN, "1", "2")], [FIRST], "1 of its 2 entries are in the books"),
        ([], [row("1", 1, delta=-10, id=1, transfer=2, counterparty="bob")], "the transfer 1 has no other side"),
        ([], [FIRST], "alice has 1, which nobody asked for"),
        ([UNKNOWN], [row("1", 2)], "the sequence of alice has a gap"),
        ([UNKNOWN], [row("1", 1, delta=-10)], "the balance of alice is wrong after 1"),
        ([UNKNOWN], [row("1", 1, delta=20)], "the balance of alice is wrong after 1"),
    ],
)
def test_the_checker_finds_what_is_wrong(attempts: list[Attempt], rows: list[Row], violation: str) -> None:
    assert [found for found in violations(attempts, rows) if violation in found]
