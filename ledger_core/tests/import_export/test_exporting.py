"""exportledger and importledger: an import restores the exported ledger exactly, and other tools can read an export."""

import csv
import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import permutations, product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from ledger_core.import_export import exporting, importing
from ledger_core.import_export.exporting import FORMATS
from ledger_core.import_export.records import Record
from ledger_core.models import Account, Entry, OpenUnits
from ledger_core.operations import SharedOperation
from ledger_core.posting import Item, post, post_batch
from ledger_core.tests.imaginary import ADD, IMAGINARY, SPEND, ImaginaryOperation
from ledger_core.tests.verification.test_verification import tamper
from ledger_core.verification import verify

pytestmark = pytest.mark.django_db(transaction=True)  # an export sets the isolation level of its transaction

OWNERS = ["alice", "a:b  c; d", 'quo"te, comma', "Zoë 🎲", "-dash", "(paren) = 1"]


@pytest.fixture(autouse=True)
def books() -> None:
    for owner in OWNERS:
        post(IMAGINARY, ADD, owner_id=owner, nonce='n"1, :x', amount=5, client="shop")
        post_batch(IMAGINARY, [Item(SPEND, owner, "2", 3), Item(SharedOperation.DAILY_REWARD, owner, "3")])
        duel = post(IMAGINARY, ImaginaryOperation.DUEL, owner_id=owner, nonce="4", amount=2).entry
        post(IMAGINARY, ImaginaryOperation.REMATCH, owner_id=owner, nonce="5", reverses=duel.pk)
        post(IMAGINARY, ImaginaryOperation.CHAT, owner_id=owner, nonce="6")


def export(path: Path, form: str = "jsonl", *options: str) -> Path:
    call_command("exportledger", "--format", form, "--output", str(path), *options)
    return path


def contents() -> list[object]:
    tables = (Entry.objects.order_by("id"), Account.objects.order_by("pk"), OpenUnits.objects.order_by("pk"))
    return [
        [bytes(value) if isinstance(value, memoryview) else value for value in row]
        for table in tables
        for row in table.values_list()
    ]


def empty_the_ledger() -> None:
    with transaction.atomic():
        tamper(
            "DELETE FROM ledger_entry",
            "DELETE FROM ledger_account",
            "DELETE FROM ledger_open_units",
        )


def test_what_is_imported_is_what_was_exported_to_the_hash(tmp_path: Path) -> None:
    before = contents()
    file = export(tmp_path / "ledger.jsonl")
    empty_the_ledger()
    call_command("importledger", str(file))
    assert contents() == before
    assert list(verify()) == []


def test_every_column_is_imported_and_exported(tmp_path: Path) -> None:
    """A hold that is half captured, a capture that is reversed, a transfer, and a debit of credits that expire."""
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    about: dict[str, Any] = {
        "reference": "order-1",
        "metadata": {"long": "\n", "b": "é", "a": '"'},
        "claim": "c",
        "batch": 99,
    }
    every = [
        line("carol", 1, amount=2, delta=14, balance_after=14, **about),
        line("carol", 2, amount=2, delta=0, balance_after=14, held=14, held_after=14, expires_on=moment),
        line("carol", 3, delta=-7, balance_after=7, held=-7, held_after=7, hold=2, expires_on=moment),
        line("carol", 4, delta=7, balance_after=14, held_after=7, reverses=3),
        line("carol", 5, delta=-3, balance_after=11, held_after=7, transfer=6, counterparty="dave"),
        line("dave", 1, id=6, delta=3, balance_after=3, transfer=5, counterparty="carol"),
        line("erin", 1, id=7, delta=14, balance_after=14, priority=-3, expires_on=moment),
        line("erin", 2, id=8, delta=-7, balance_after=7, drawn=[[7, 7, 7]]),
    ]
    heads: dict[str, bytes] = {}
    for number, record in enumerate(every):
        heads[record.owner_id] = record.chained_to(heads.get(record.owner_id, b""))
        every[number] = msgspec.structs.replace(record, hash=heads[record.owner_id].hex())
    assert set(Record.__struct_fields__) == {
        name for record in every for name in Record.__struct_fields__ if getattr(record, name) not in (None, 0)
    }
    empty_the_ledger()
    assert importing.import_entries(map(msgspec.json.encode, every), resume=False) == 8
    assert list(verify()) == []
    exported = export(tmp_path / "ledger.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=Record) for line in exported] == every
    assert (Account.objects.get(pk="carol").held, Account.objects.get(pk="erin").lots) == (7, 7)
    assert (OpenUnits.objects.get(pk=2).remaining, OpenUnits.objects.get(pk=2).expires_on) == (1, moment)


def line(owner_id: str, seq: int, **fields: Any) -> Record:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    own: dict[str, Any] = {
        "id": seq,
        "nonce": str(seq),
        "operation": "DUEL",
        "amount": 1,
        "client": "shop",
        "created_on": moment,
    }
    return Record(**own | {"owner_id": owner_id, "seq": seq, "app": "imaginary", "hash": ""} | fields)


def test_posting_goes_on_after_an_import(tmp_path: Path) -> None:
    file = export(tmp_path / "ledger.jsonl")
    newest = Entry.objects.latest("id").pk
    empty_the_ledger()
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('ledger_entry', 'id'), 1)")
    call_command("importledger", str(file))
    assert post(IMAGINARY, ADD, owner_id="alice", nonce="7").entry.pk > newest
    duel = Entry.objects.get(owner_id="alice", operation="DUEL")
    post(IMAGINARY, ImaginaryOperation.REMATCH, owner_id="alice", nonce="8", reverses=duel.pk)
    assert OpenUnits.objects.get(pk=duel.pk).remaining == 0
    assert list(verify()) == []


def test_an_interrupted_import_goes_on_where_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_CHUNK", 4)
    before = contents()
    file = export(tmp_path / "ledger.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    empty_the_ledger()
    for end in (10, 25):
        assert importing.import_entries(lines[:end], resume=end > 10) > 0
        assert list(verify()) == []
    call_command("importledger", "--resume", str(file))
    assert contents() == before
    assert importing.import_entries(lines, resume=True) == 0


def test_an_import_needs_an_empty_ledger(tmp_path: Path) -> None:
    file = export(tmp_path / "ledger.jsonl")
    with pytest.raises(CommandError, match="not empty"):
        call_command("importledger", str(file))


def test_an_import_goes_on_with_its_own_beginning_alone(tmp_path: Path) -> None:
    file = export(tmp_path / "ledger.jsonl")
    empty_the_ledger()
    post(IMAGINARY, ADD, owner_id="alice", nonce="other")
    lines = file.read_bytes().splitlines(keepends=True)
    with pytest.raises(importing.ImportRefused, match="Line 1: the ledger has another entry 1 of alice"):
        importing.import_entries([line for line in lines if b'"alice"' in line], resume=True)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"delta": 70}, "after it, and a delta of"),
        ({"balance_after": 1}, "after it, and a delta of"),
        ({"nonce": "x"}, "its hash does not match"),
        ({"client": "x"}, "its hash does not match"),
        ({"hash": "00"}, "its hash does not match"),
        ({"seq": 7}, "the entry before it is #1"),
        ({"created_on": "2020-01-01T00:00:00Z"}, "its time is before"),
        ({"created_on": "2020-01-01T00:00:00"}, "created_on"),
        ({"amount": "3"}, "amount"),
        ({"extra": 1}, "extra"),
        ({"id": 2**63 - 1}, "not from 1 to 4611686018427387904"),
        ({"id": 2**70}, "not from 1"),
        ({"id": 0}, "not from 1"),
    ],
)
def test_a_changed_line_is_refused_and_named(tmp_path: Path, change: dict[str, object], detail: str) -> None:
    lines = [json.loads(line) for line in export(tmp_path / "ledger.jsonl").read_text().splitlines()]
    number = next(n for n, line in enumerate(lines) if (line["owner_id"], line["seq"]) == ("alice", 2))
    lines[number] |= change
    empty_the_ledger()
    with pytest.raises(importing.ImportRefused, match=f"Line {number + 1}:.*{detail}"):
        importing.import_entries([json.dumps(line).encode() for line in lines], resume=False)
    assert not Account.objects.exists()


def test_an_id_is_taken_once(tmp_path: Path) -> None:
    """The database's key is (id, owner), so it would accept one id for several owners."""
    lines = [json.loads(line) for line in export(tmp_path / "ledger.jsonl").read_text().splitlines()]
    empty_the_ledger()
    lines[-1]["id"] = lines[0]["id"]
    with pytest.raises(importing.ImportRefused, match=f"Line {len(lines)}: another entry has the id {lines[0]['id']}"):
        importing.import_entries([json.dumps(line).encode() for line in lines], resume=False)


@pytest.mark.parametrize("change", [{"amount": 0}, {"reverses": 999}, {"reverses": 2**70}, {"nonce": "a\0"}])
def test_what_could_not_be_posted_is_refused_though_its_hash_is_right(
    tmp_path: Path, change: dict[str, object]
) -> None:
    """Anyone who changes a file can also compute its hashes. The database rejects values that it cannot hold."""
    line = json.loads(export(tmp_path / "ledger.jsonl").read_text().splitlines()[0]) | change
    line["hash"] = msgspec.convert(line, Record).chained_to(b"").hex()
    empty_the_ledger()
    with pytest.raises(importing.ImportRefused, match="Lines 1 to 1: "):
        importing.import_entries([json.dumps(line).encode()], resume=False)
    assert contents() == []


@pytest.mark.parametrize("change", [{"nonce": "x"}, {"id": 1_000_000}, {"hash": "00"}, {"seq": 2**70}])
def test_an_import_goes_on_with_entries_that_are_the_files_to_the_hash(
    tmp_path: Path, change: dict[str, object]
) -> None:
    """An earlier entry that differs is found too, not only an owner's newest one."""
    lines = [json.loads(line) for line in export(tmp_path / "ledger.jsonl").read_text().splitlines()]
    lines[1] |= change
    with pytest.raises(importing.ImportRefused, match="Line"):
        importing.import_entries([json.dumps(line).encode() for line in lines], resume=True)


def test_an_import_does_not_go_on_in_a_ledger_with_other_entries(tmp_path: Path) -> None:
    lines = export(tmp_path / "ledger.jsonl").read_bytes().splitlines()
    with pytest.raises(importing.ImportRefused, match="holds 1 entries more than the file"):
        importing.import_entries(lines[:-1], resume=True)
    empty_the_ledger()
    post(IMAGINARY, ADD, owner_id="nobody of the file", nonce="1")
    before = contents()
    with pytest.raises(importing.ImportRefused, match="does not hold the beginning of this file"):
        importing.import_entries(lines, resume=True)
    assert contents() == before


def test_a_missing_line_is_refused(tmp_path: Path) -> None:
    lines = export(tmp_path / "ledger.jsonl").read_bytes().splitlines()
    empty_the_ledger()
    with pytest.raises(importing.ImportRefused, match=r"Line 3: entry 4 of .*: the entry before it is #2"):
        importing.import_entries([*lines[:2], *lines[3:]], resume=False)


@pytest.mark.parametrize("text", ["", "\n", "[]", '{"id": 1}', "\xff"])
def test_what_is_no_export_is_refused_or_empty(tmp_path: Path, text: str) -> None:
    empty_the_ledger()
    file = tmp_path / "ledger.jsonl"
    file.write_text(text, "latin-1")
    if text:
        with pytest.raises(CommandError, match="Line 1"):
            call_command("importledger", str(file))
    else:
        call_command("importledger", str(file))
    assert not Account.objects.exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("importledger", str(tmp_path / "none"))


@pytest.mark.parametrize("form", FORMATS)
def test_an_interrupted_export_goes_on_where_it_ended(tmp_path: Path, form: str) -> None:
    whole = export(tmp_path / "whole", form).read_bytes()
    for size in (0, 1, 60, 150, 151, len(whole) // 2, len(whole) - 1, len(whole)):
        part = tmp_path / f"part-{size}"
        part.write_bytes(whole[:size])
        assert export(part, form, "--resume").read_bytes() == whole, size


@pytest.mark.parametrize(
    ("form", "other"),
    [
        *permutations(FORMATS, 2),
        *product(FORMATS, ["text", "one line", "long line", "other ledger"]),
        ("csv", "changed header"),  # no other format has a header
    ],
)
def test_what_is_no_export_of_this_ledger_in_this_format_is_not_continued(
    tmp_path: Path, form: str, other: str
) -> None:
    file = tmp_path / "file"
    match other:
        case "text" | "one line" | "long line":
            file.write_text(
                {"text": "Dear diary,\n\ntoday", "one line": "Dear diary", "long line": "x" * 99_999}[other]
            )
        case "other ledger":
            export(file, form)
            empty_the_ledger()
            post(IMAGINARY, ADD, owner_id=OWNERS[0], nonce="of another ledger")
        case "changed header":
            export(file, form)
            file.write_bytes(b"x" + file.read_bytes())
        case _:
            export(file, other)
    before = file.read_bytes()
    with pytest.raises(CommandError, match="was not changed"):
        export(file, form, "--resume")
    assert file.read_bytes() == before


def test_an_export_is_as_of_one_moment_and_of_every_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_ENTRIES_AFTER", exporting._ENTRIES_AFTER.replace("LIMIT 5000", "LIMIT 7"))
    before = Entry.objects.count()
    exported = exporting.records()
    first = next(exported)
    with ThreadPoolExecutor(1) as other:
        other.submit(_post_elsewhere).result()
    rest = list(exported)
    assert Entry.objects.count() == before + 1
    assert len({record.id for record in [first, *rest]}) == 1 + len(rest) == before


def _post_elsewhere() -> None:
    post(IMAGINARY, ADD, owner_id="zz", nonce="later")
    connection.close()


def test_a_spreadsheet_calculates_no_text_and_has_numbers_as_numbers(tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://evil.example","Click")'
    post(IMAGINARY, ADD, owner_id="+owner", nonce=formula, client="@client")
    lines = export(tmp_path / "ledger.csv", "csv").read_text().splitlines()
    (row,) = [row for row in csv.DictReader(lines) if row["owner_id"] == "'+owner"]
    assert (row["nonce"], row["client"]) == (f"'{formula}", "'@client")
    assert "-3" in {row["delta"] for row in csv.DictReader(lines)}


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_of_nothing_is_resumed_too(tmp_path: Path, form: str) -> None:
    empty_the_ledger()
    nothing = export(tmp_path / "books", form).read_bytes()
    assert export(tmp_path / "books", form, "--resume").read_bytes() == nothing


def test_an_export_does_not_overwrite(tmp_path: Path) -> None:
    export(tmp_path / "books")
    with pytest.raises(CommandError, match="exists\\. Continue it with --resume"):
        export(tmp_path / "books")


def test_the_csv_has_every_column_of_every_entry(tmp_path: Path) -> None:
    with export(tmp_path / "ledger.csv", "csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == Entry.objects.count()
    for row in rows:
        entry = Entry.objects.get(pk=row["id"])
        assert (exporting.original(row["owner_id"]), row["nonce"]) == (entry.owner_id, entry.nonce)
        assert row["delta"] == str(entry.delta)
        assert (row["claim"], row["reverses"]) == (entry.claim or "", str(entry.reverses or ""))
        assert datetime.fromisoformat(row["created_on"]) == entry.created_on
        assert bytes.fromhex(row["hash"]) == entry.hash


@pytest.fixture
def hledger() -> str:
    path = shutil.which("hledger")
    if path is None:
        pytest.skip("hledger is not installed: apt-get install hledger")
    return path


def balances(hledger: str, journal: Path, query: str) -> dict[str, int]:
    out = subprocess.run(
        [hledger, "-f", str(journal), "balance", "--flat", "--empty", "-O", "csv", query],
        check=True,
        capture_output=True,
        text=True,
        env={"LANG": "C.UTF-8"},
    ).stdout
    return {
        account: int(amount.removesuffix(" credits")) for account, amount in list(csv.reader(out.splitlines()))[1:-1]
    }


def test_hledgers_balances_are_ours(tmp_path: Path, hledger: str) -> None:
    journal = export(tmp_path / "ledger.journal", "journal")
    owners = balances(hledger, journal, "owners")
    assert len(owners) == len(OWNERS)
    assert sorted(owners.values()) == sorted(Account.objects.values_list("balance", flat=True))
    assert owners["owners:alice"] == Account.objects.get(pk="alice").balance
    operations = balances(hledger, journal, "imaginary")
    for operation, balance in operations.items():
        moved = sum(Entry.objects.filter(operation=operation.partition(":")[2]).values_list("delta", flat=True))
        assert balance == -moved
    assert sum(owners.values()) == -sum(operations.values())


def test_hledger_finds_a_changed_delta(tmp_path: Path, hledger: str) -> None:
    journal = export(tmp_path / "ledger.journal", "journal")
    journal.write_text(
        journal.read_text().replace("  50 credits", "  60 credits", 1).replace("  -50 credits", "  -60 credits", 1)
    )
    with pytest.raises(subprocess.CalledProcessError) as error:
        balances(hledger, journal, "owners")
    assert "balance assertion" in error.value.stderr
