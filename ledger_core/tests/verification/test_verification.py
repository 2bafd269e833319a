"""verifyledger finds what a superuser of the database did around the service, and names it."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ledger_core.management.output import counted
from ledger_core.models import Account, Entry
from ledger_core.posting import Item, post, post_batch
from ledger_core.tests.imaginary import ADD, IMAGINARY, ImaginaryOperation
from ledger_core.verification import FutureEntries, in_the_future, verify

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
DUEL, REMATCH = ImaginaryOperation.DUEL, ImaginaryOperation.REMATCH


@pytest.fixture(autouse=True)
def books() -> None:
    """alice has ten entries, one of them reversed; two owners stand around her."""
    for owner in ("aaron", "alice", "bob"):
        post(IMAGINARY, ADD, owner_id=owner, nonce="0", amount=10)
        post_batch(IMAGINARY, [Item(ADD, owner, str(n)) for n in range(1, 6)])
        duel = post(IMAGINARY, DUEL, owner_id=owner, nonce="6", amount=3).entry
        post(IMAGINARY, REMATCH, owner_id=owner, nonce="7", reverses=duel.pk)
        post(IMAGINARY, REMATCH, owner_id=owner, nonce="8", reverses=duel.pk)
        post(IMAGINARY, ImaginaryOperation.CHAT, owner_id=owner, nonce="9")


def tamper(*statements: str) -> None:
    """Do as a superuser can: past the trigger, the foreign keys and any constraint that is in the way."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def faults(**options: object) -> list[tuple[str, int | None, str]]:
    """Return where the faults are, and the word that each begins with."""
    return [(f.owner_id, f.seq, f.detail.partition(":")[0]) for f in verify(**options)]  # type: ignore[arg-type]


ALICE = "WHERE owner_id = 'alice' AND seq"
COPY = """
    INSERT INTO ledger_entry
        (owner_id, seq, app, operation, amount, delta, balance_after, held, held_after, nonce, client, created_on, form,
        hash)
    SELECT owner_id, {seq}, app, operation, amount, delta, balance_after, held, held_after, 'forged', client,
        created_on, form, hash
    FROM ledger_entry WHERE owner_id = 'alice' AND seq = {like}
"""
SWAP = """
    UPDATE ledger_entry AS a SET {columns} FROM ledger_entry AS b
    WHERE a.owner_id = 'alice' AND b.owner_id = 'alice' AND (a.seq, b.seq) IN ((4, 5), (5, 4))
"""
CONTENTS = ("app", "operation", "amount", "delta", "balance_after", "nonce", "claim", "reverses", "client")
SWAP_CONTENTS = SWAP.format(columns=", ".join(f"{column} = b.{column}" for column in CONTENTS if column != "nonce"))

TAMPERING: dict[str, tuple[list[str], set[tuple[int | None, str]]]] = {
    "a changed delta": ([f"UPDATE ledger_entry SET delta = 100 {ALICE} = 3"], {(3, "hash"), (3, "balance")}),
    "a delta and all balances after it": (
        [
            f"UPDATE ledger_entry SET delta = delta + 5 {ALICE} = 3",
            f"UPDATE ledger_entry SET balance_after = balance_after + 5 {ALICE} >= 3",
            "UPDATE ledger_account SET balance = balance + 5 WHERE owner_id = 'alice'",
        ],
        {(seq, "hash") for seq in range(3, 11)},
    ),
    "a removed entry": ([f"DELETE FROM ledger_entry {ALICE} = 4"], {(5, "sequence"), (5, "hash"), (5, "balance")}),
    "the first entry removed": (
        [f"DELETE FROM ledger_entry {ALICE} = 1"],
        {(2, "sequence"), (2, "hash"), (2, "balance")},
    ),
    "the newest entry removed": ([f"DELETE FROM ledger_entry {ALICE} = 10"], {(10, "account")}),
    "every entry removed": (
        ["DELETE FROM ledger_entry WHERE owner_id = 'alice'"],
        {(10, "account"), (None, "reversal")},
    ),
    "the account removed": (["DELETE FROM ledger_account WHERE owner_id = 'alice'"], {(1, "account")}),
    "an entry put at the end": ([COPY.format(seq=11, like=10)], {(11, "hash"), (10, "account")}),
    "an entry put in between": (
        ["ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_sequence", COPY.format(seq=5, like=5)],
        {(5, "sequence"), (5, "hash"), (5, "balance")},
    ),
    "an entry put in between, and the rest moved": (
        [
            f"UPDATE ledger_entry SET seq = seq + 100 {ALICE} > 5",
            f"UPDATE ledger_entry SET seq = seq - 99 {ALICE} > 100",
            COPY.format(seq=6, like=5),
            "UPDATE ledger_account SET seq = 11 WHERE owner_id = 'alice'",
        ],
        {(seq, "hash") for seq in range(6, 12)} | {(6, "balance")},
    ),
    "two entries swapped": (
        [
            "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_sequence",
            SWAP.format(columns="seq = b.seq"),
        ],
        {(4, "hash"), (5, "hash"), (6, "hash"), (4, "balance"), (5, "balance"), (6, "balance")},
    ),
    "the contents of two entries swapped": (
        [SWAP_CONTENTS],
        {(4, "hash"), (5, "hash"), (4, "balance"), (5, "balance"), (6, "balance")},
    ),
    "a changed balance": (["UPDATE ledger_account SET balance = 1 WHERE owner_id = 'alice'"], {(10, "account")}),
    "a changed head": (["UPDATE ledger_account SET head = '\\x00' WHERE owner_id = 'alice'"], {(10, "account")}),
    "a changed nonce": ([f"UPDATE ledger_entry SET nonce = 'x' {ALICE} = 6"], {(6, "hash")}),
    "a changed time": (
        [f"UPDATE ledger_entry SET created_on = created_on - interval '1 second' {ALICE} = 7"],
        {(7, "hash"), (7, "time")},
    ),
    "a changed client": ([f"UPDATE ledger_entry SET client = 'x' {ALICE} = 6"], {(6, "hash")}),
    "a changed operation": ([f"UPDATE ledger_entry SET operation = 'x' {ALICE} = 6"], {(6, "hash")}),
    "a claim set free": ([f"UPDATE ledger_entry SET claim = 'x' {ALICE} = 6"], {(6, "hash")}),
    "an amount that the delta does not fit": (
        [f"UPDATE ledger_entry SET amount = 7 {ALICE} = 6"],
        {(6, "hash"), (6, "delta")},
    ),
    "a hash": ([f"UPDATE ledger_entry SET hash = '\\x00' {ALICE} = 6"], {(6, "hash"), (7, "hash")}),
    "another entry reversed": (
        [f"UPDATE ledger_entry SET reverses = 0 {ALICE} = 8"],
        {(8, "hash"), (8, "reversal"), (7, "reversal")},
    ),
    "a reversal beyond its entry": (
        [f"UPDATE ledger_entry SET amount = 7, delta = 49 {ALICE} = 9"],
        {(9, "hash"), (9, "balance"), (7, "reversal")},
    ),
    "more left to reverse than there is": (
        ["UPDATE ledger_open_units SET remaining = 3 WHERE owner_id = 'alice'"],
        {(7, "reversal")},
    ),
    "two ids swapped": (
        ["ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_pkey CASCADE", SWAP.format(columns="id = b.id")],
        {(4, "hash"), (5, "hash")},
    ),
    **{
        f"a changed {column}": ([f"UPDATE ledger_entry SET {column} = {value} {ALICE} = 6"], {(6, "hash")})
        for column, value in {
            "reference": "'x'",
            "metadata": """'{"key": "x"}'""",
            "batch": "1",
            "counterparty": "'bob'",
            "expires_on": "now()",
        }.items()
    },
    "a hold that does not exist": ([f"UPDATE ledger_entry SET hold = 1 {ALICE} = 6"], {(6, "hash"), (6, "hold")}),
    "a priority": ([f"UPDATE ledger_entry SET priority = 1 {ALICE} = 6"], {(6, "hash")}),
    "a transfer without its other side": (
        [f"UPDATE ledger_entry SET transfer = 1, counterparty = 'bob' {ALICE} = 6"],
        {(6, "hash"), (6, "transfer")},
    ),
    "credits held": ([f"UPDATE ledger_entry SET held = 1 {ALICE} = 6"], {(6, "hash"), (6, "held"), (6, "hold")}),
    "credits held after an entry": (
        [f"UPDATE ledger_entry SET held_after = 1 {ALICE} = 6"],
        {(6, "hash"), (6, "held"), (7, "held")},
    ),
    "credits held by an account": (["UPDATE ledger_account SET held = 1 WHERE owner_id = 'alice'"], {(10, "account")}),
    "units that expire, of an account": (
        ["UPDATE ledger_account SET lots = 1 WHERE owner_id = 'alice'"],
        {(10, "account")},
    ),
    "units of a debit that become credits": (
        ["UPDATE ledger_open_units SET priority = 0 WHERE owner_id = 'alice'"],
        {(7, "reversal"), (7, "lot"), (10, "account")},
    ),
    "the beginning of an account": (
        ["UPDATE ledger_account SET created_on = now() - interval '1 year' WHERE owner_id = 'alice'"],
        {(1, "account")},
    ),
    "a time before all times": (
        [f"UPDATE ledger_entry SET created_on = '-infinity' {ALICE} = 6"],
        {(6, "hash"), (6, "time")},
    ),
    "another canonical form": ([f"UPDATE ledger_entry SET form = 2 {ALICE} = 6"], {(6, "hash"), (6, "form")}),
    "what is left forgotten": (["DELETE FROM ledger_open_units WHERE owner_id = 'alice'"], {(7, "reversal")}),
}


def test_books_that_nobody_touched_have_no_fault() -> None:
    assert faults() == []
    assert faults(owner="alice") == []
    assert faults(since=Entry.objects.get(owner_id="alice", seq=8).created_on) == []


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found_and_named(what: str) -> None:
    statements, expected = TAMPERING[what]
    tamper(*statements)
    found = faults()
    assert {owner for owner, _, _ in found} == {"alice"}
    assert {(seq, kind) for _, seq, kind in found} == expected
    assert set(faults(owner="alice")) == set(found)
    assert faults(owner="bob") == []


def test_since_looks_at_what_came_later_and_at_what_stands_before_it() -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    Account.objects.filter(pk="alice").update(updated_on=later)
    post(IMAGINARY, ADD, owner_id="alice", nonce="later")
    Account.objects.filter(pk="aaron").update(updated_on=later)
    assert faults(since=later) == [("aaron", 10, "account")]
    tamper(f"UPDATE ledger_entry SET hash = '\\x00' {ALICE} = 10")
    assert faults(since=later, owner="alice") == [("alice", 11, "hash")]
    tamper(f"DELETE FROM ledger_entry {ALICE} = 10")
    assert faults(since=later, owner="alice") == [
        ("alice", 11, "sequence"),
        ("alice", 11, "balance"),
        ("alice", 11, "hash"),
    ]


def run(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_checked() -> None:
    assert run("verifyledger") == "Verified 30 entries of 3 accounts: no faults.\n"
    assert run("verifyledger", "--owner", "bob") == "Verified 10 entries of 1 account: no faults.\n"


def test_the_command_prints_each_fault_and_fails() -> None:
    tamper(f"UPDATE ledger_entry SET nonce = 'x' {ALICE} = 6")
    out = StringIO()
    with pytest.raises(CommandError, match=r"^Found 1 fault\.$"):
        call_command("verifyledger", "--since", "2020-01-01T00:00:00Z", stdout=out)
    assert out.getvalue() == "alice #6: hash: it does not match this entry and the hash before it\n"


@pytest.mark.parametrize("arguments", [["--since", "yesterday"], ["--since", "2026-11-24T09:30:00"], ["--jobs", "0"]])
def test_the_command_refuses_what_it_cannot_read(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"invalid (moment|positive_integer) value"):
        call_command("verifyledger", *arguments)


@pytest.mark.django_db(transaction=True)
def test_jobs_check_all_ranges_and_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger_core.verification.ranges._ENTRIES_PER_RANGE", 10)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"UPDATE ledger_entry SET nonce = 'x' {ALICE} = 6")
        cursor.execute("UPDATE ledger_entry SET nonce = 'y' WHERE owner_id = 'bob' AND seq = 2")
        cursor.execute("SET session_replication_role = origin")
    told: list[int] = []
    assert faults(jobs=2, progress=told.append) == faults() == [("alice", 6, "hash"), ("bob", 2, "hash")]
    assert told == [10, 10, 10]


def test_the_trial_balance_agrees_to_the_credit() -> None:
    lines = run("trialbalance").splitlines()
    cells = {
        name: (int(entries.replace(",", "")), int(moved.replace(",", "")))
        for name, entries, moved in (line.rsplit(maxsplit=2) for line in lines)
    }
    assert cells["imaginary:CREDIT_ADD"] == (18, 450)
    assert cells["imaginary:DUEL"] == (3, -63)
    assert cells["imaginary:REMATCH"] == (6, 42)
    assert cells["all entries"] == (30, 429)
    assert cells["all balances"] == (3, 429)


def test_the_trial_balance_fails_where_a_balance_is_not_what_was_posted() -> None:
    Account.objects.filter(pk="alice").update(balance=1)
    with pytest.raises(CommandError, match=r"differ by \+142 credits"):
        run("trialbalance")


def test_empty_books_are_right() -> None:
    tamper("DELETE FROM ledger_entry", "DELETE FROM ledger_account", "DELETE FROM ledger_open_units")
    assert run("verifyledger") == "Verified 0 entries of 0 accounts: no faults.\n"
    assert "all balances" in run("trialbalance")


def post_in_the_future() -> datetime:
    """Post for alice as while the database's clock was a day ahead, and return the time that the entries have."""
    ahead = datetime.now(UTC) + timedelta(days=1)
    Account.objects.filter(pk="alice").update(updated_on=ahead)
    for nonce in ("10", "11"):
        post(IMAGINARY, ADD, owner_id="alice", nonce=nonce)
    tamper(
        f"UPDATE ledger_account SET updated_on = (SELECT created_on FROM ledger_entry {ALICE} = 12)"
        " WHERE owner_id = 'alice'"
    )
    return ahead


def test_entries_of_the_future_are_found_and_are_no_faults() -> None:
    ahead = post_in_the_future()
    assert faults() == []
    assert in_the_future() == in_the_future("alice") == [FutureEntries("alice", 11, 2, ahead)]
    assert in_the_future("bob") == []
    out = StringIO()
    with pytest.raises(CommandError, match=r"^Found 2 entries in the future\.$") as refusal:
        call_command("verifyledger", stdout=out)
    assert refusal.value.returncode == 1
    assert out.getvalue().startswith("alice #11: time: 2 entries are later than the database's clock, up to 20")


def test_a_clock_that_is_set_by_seconds_is_no_finding() -> None:
    Account.objects.filter(pk="alice").update(updated_on=datetime.now(UTC) + timedelta(seconds=30))
    post(IMAGINARY, ADD, owner_id="alice", nonce="10")
    assert in_the_future() == []


def test_the_command_names_what_differs_in_the_schema() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only")
    out = StringIO()
    with pytest.raises(CommandError, match="Found 1 difference in the database's schema"):
        call_command("verifyledger", stdout=out)
    assert out.getvalue().startswith("schema: trigger ledger_entry.ledger_entry_append_only is CREATE TRIGGER")


def test_the_report_is_json_on_request() -> None:
    whole = json.loads(run("verifyledger", "--json"))
    assert whole == {"accounts": 3, "entries": 30, "faults": [], "future": [], "schema": []}
    tamper(f"UPDATE ledger_entry SET nonce = 'x' {ALICE} = 6")
    post_in_the_future()
    out = StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("verifyledger", "--json", stdout=out)
    assert refusal.value.returncode == 1
    report = json.loads(out.getvalue())
    assert report["faults"] == [
        {"owner_id": "alice", "seq": 6, "detail": "hash: it does not match this entry and the hash before it"}
    ]
    assert [(future["owner_id"], future["seq"], future["entries"]) for future in report["future"]] == [("alice", 11, 2)]


def test_with_since_it_counts_what_it_looked_at() -> None:
    moment = Entry.objects.get(owner_id="bob", nonce="9").created_on
    checked = counted(Entry.objects.filter(created_on__gte=moment).count(), "entry", "entries")
    assert run("verifyledger", "--since", moment.isoformat()) == f"Verified {checked} of 1 account: no faults.\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--since", "2999-01-01T00:00:00Z"], "later than the database's clock"),
        (["--owner", "nobody"], "nobody has no account and no entries"),
        (["--owner", "a/b"], "no slash"),
        (["--owner", ""], "owner"),
    ],
)
def test_where_there_is_nothing_to_check_it_does_not_say_that_all_is_right(arguments: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason) as refusal:
        call_command("verifyledger", *arguments)
    assert refusal.value.returncode == 2


@pytest.mark.parametrize("name", ["verifyledger", "trialbalance"])
def test_what_stops_it_has_another_exit_code_than_what_it_finds(name: str) -> None:
    """A database that does not answer, as a process of its own meets it."""
    command = [sys.executable, "manage.py", name]
    nowhere = os.environ | {"LEDGER_ENV": "development", "DATABASE_URL": "postgresql://ledger@127.0.0.1:1/ledger"}
    done = subprocess.run(command, cwd=ROOT, env=nowhere, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("CommandError: connection")
    assert done.stderr.count("\n") == 1
