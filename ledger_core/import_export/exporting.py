"""Exporting: the ledger as files, with each owner's entries together.

Entries are ordered by owner and sequence number. So an interrupted export can continue where it ended, and whatever is
posted in between, the file has every owner's history from its first entry, without gaps.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

import msgspec
from django.db import DataError, connection, transaction

from ledger_core import sql
from ledger_core.import_export.records import Record
from ledger_core.models import ENTRY_COLUMNS, Entry

Position = tuple[str, int]
_BEGINNING: Position = ("", 0)
_ENTRIES_AFTER = sql.load("entries_after", entry=ENTRY_COLUMNS)


class NotResumable(Exception):
    """The file is not the beginning of an export of this ledger in this format. It was not changed."""


def records(after: Position | None = None) -> Iterator[Record]:
    """Yield all entries as of one moment, or only those after an owner's entry.

    It reads in one transaction, so that a batch is complete. It reads pages, to limit memory without a server-side
    cursor, which a pooler in transaction mode does not keep.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Without statistics of the table, the server would sort it in temporary files.
            cursor.execute("SET LOCAL enable_sort = off")
        owner_id, seq = after or _BEGINNING
        while page := list(Entry.objects.raw(_ENTRIES_AFTER, {"owner_id": owner_id, "seq": seq})):
            yield from map(Record.of, page)
            owner_id, seq = page[-1].owner_id, page[-1].seq


@dataclass(frozen=True)
class Format:
    """A file format: a header, and for each entry a text that ends with `end` and contains it nowhere else."""

    header: str
    write: Callable[[Record], str]
    end: str
    read_position: Callable[[str], Position]

    def resume(self, file: io.BufferedRandom) -> Position | None:
        """Remove an incomplete entry at the end of the file, and return the position of the last complete one.

        None: the file has no complete entry, and is now empty. Raises NotResumable, without changing the file, unless
        the last complete entry is in this ledger with the same hash.
        """
        size = file.seek(0, io.SEEK_END)
        start = max(0, size - _TAIL)
        file.seek(start)
        tail = file.read()
        complete, end, _ = tail.rpartition(self.end.encode())
        written = (complete + end).decode(errors="replace")
        if start == 0 and written in ("", self.header):
            self._require_first(tail.decode(errors="replace"))
            file.truncate(0)
            return None
        position = self._require_known(written)
        file.seek(0)
        if file.read(len(self.header)) != self.header.encode():
            raise NotResumable("It does not begin as an export in this format.")
        file.truncate(start + len(complete + end))
        return position

    def _require_first(self, text: str) -> None:
        first = next(records(), None)
        if not (self.header + (self.write(first) if first else "")).startswith(text):
            raise NotResumable("It does not begin as an export of this ledger in this format.")

    def _require_known(self, written: str) -> Position:
        last = written.removesuffix(self.end).rpartition(self.end)[2] + self.end
        try:
            owner_id, seq = self.read_position(last)
            entry = Record.of(Entry.objects.get(owner_id=owner_id, seq=seq))
        except (ValueError, csv.Error, msgspec.MsgspecError, DataError, Entry.DoesNotExist):
            raise NotResumable("Its last entry is not one of this ledger in this format.") from None
        if self.write(entry) != last:
            raise NotResumable("Its last entry is not the one of this ledger.")
        return owner_id, seq


_TAIL = 64 * 1024  # many times the longest entry


def _jsonl(record: Record) -> str:
    return msgspec.json.encode(record).decode() + "\n"


def _position_in_jsonl(line: str) -> Position:
    record = msgspec.json.decode(line, type=Record)
    return record.owner_id, record.seq


# Beginnings of a formula in a spreadsheet, also as full-width characters.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def inert(text: str) -> str:
    """Return the text, with an apostrophe before it if a spreadsheet would calculate it, as OWASP recommends.

    A text that begins with an apostrophe gets one too, so that `original` can always remove exactly one.
    """
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text


def original(cell: str) -> str:
    """Return the text from which `inert` made the cell."""
    return cell.removeprefix("'")


def _csv(values: Iterable[object]) -> str:
    line = io.StringIO()
    cells = [inert(value) if isinstance(value, str) else value for value in values]
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _csv_record(record: Record) -> str:
    cells = msgspec.to_builtins(record)
    for name in ("metadata", "drawn"):
        cells[name] = msgspec.json.encode(cells[name]).decode() if cells[name] is not None else None
    return _csv(cells.values())


def _position_in_csv(line: str) -> Position:
    row = dict(zip(Record.__struct_fields__, next(csv.reader([line])), strict=True))
    return original(row["owner_id"]), int(row["seq"])


def _journal(record: Record) -> str:
    """Return a transaction of plain-text accounting, which hledger, ledger and beancount's importers read.

    The balance after the entry is an assertion, which hledger checks. Names are percent-encoded, because a colon in an
    owner's id would create a subaccount.
    """
    tags = {
        "id": record.id,
        "seq": record.seq,
        "amount": record.amount,
        "nonce": quote(record.nonce, safe=""),
        "client": quote(record.client, safe=""),
        "reverses": record.reverses or "",
        "held": record.held or "",
        "hold": record.hold or "",
        "transfer": record.transfer or "",
        "counterparty": quote(record.counterparty or "", safe=""),
        "reference": quote(record.reference or "", safe=""),
        "created": record.created_on.isoformat(),
        "hash": record.hash,
    }
    return (
        f"{record.created_on:%Y-%m-%d} {record.app}:{record.operation}\n"
        f"    ; {', '.join(f'{name}:{value}' for name, value in tags.items())}\n"
        f"    owners:{quote(record.owner_id, safe='')}  {record.delta} credits = {record.balance_after} credits\n"
        f"    {record.app}:{record.operation}  {-record.delta} credits\n\n"
    )


def _position_in_journal(text: str) -> Position:
    found = re.search(r" seq:(\d+),.*^    owners:(\S+)  ", text, re.DOTALL | re.MULTILINE)
    if found is None:
        raise ValueError(text)
    return unquote(found[2]), int(found[1])


FORMATS = {
    "jsonl": Format("", _jsonl, "\n", _position_in_jsonl),
    "csv": Format(_csv(Record.__struct_fields__), _csv_record, "\n", _position_in_csv),
    "journal": Format("", _journal, "\n\n", _position_in_journal),
}
