"""Exporting: the books as files, each owner's history in one piece.

Ordered by owner and sequence number, so that an export that was interrupted goes on where it ended, and every part of
it is a history from its beginning, whatever was posted in between.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

import msgspec
from django.db.models import Q

from ledger_core.models import Entry
from ledger_core.records import Record

Position = tuple[str, int]


def records(after: Position | None = None) -> Iterator[Record]:
    """Yield all entries, or those after an owner's entry, at one moment and without holding them in memory."""
    entries = Entry.objects.order_by("owner_id", "seq")
    if after:
        owner_id, seq = after
        entries = entries.filter(Q(owner_id__gt=owner_id) | Q(seq__gt=seq), owner_id__gte=owner_id)
    return map(Record.of, entries.iterator(chunk_size=5000))


@dataclass(frozen=True)
class Format:
    """How entries are written: a header, and for each entry a text that ends with `end`, of which there is no other."""

    header: str
    write: Callable[[Record], str]
    end: str
    read_position: Callable[[str], Position]

    def resume(self, file: io.BufferedRandom) -> Position | None:
        """Cut off what was half written at the end of the file, and return the position of the last whole entry."""
        end = self.end.encode()
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        cut = tail.rfind(end) + len(end)
        last = tail[: cut - len(end)].rpartition(end)[2].decode() if cut >= len(end) else ""
        if last in ("", self.header.removesuffix(self.end)):  # not one entry
            file.truncate(0)
            return None
        file.truncate(size - len(tail) + cut)
        return self.read_position(last)


_TAIL = 64 * 1024  # many times the longest entry


def _jsonl(record: Record) -> str:
    return msgspec.json.encode(record).decode() + "\n"


def _position_in_jsonl(line: str) -> Position:
    record = msgspec.json.decode(line, type=Record)
    return record.owner_id, record.seq


def _csv(values: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def _csv_record(record: Record) -> str:
    return _csv(msgspec.to_builtins(record).values())


def _position_in_csv(line: str) -> Position:
    row = dict(zip(Record.__struct_fields__, next(csv.reader([line])), strict=True))
    return row["owner_id"], int(row["seq"])


def _journal(record: Record) -> str:
    """A transaction of plain-text accounting, which hledger, ledger and beancount's importers read.

    The balance that the entry left is an assertion, which hledger checks. Names are percent-encoded: a colon would
    make an account of a part of an owner.
    """
    tags = {
        "id": record.id,
        "seq": record.seq,
        "amount": record.amount,
        "nonce": quote(record.nonce, safe=""),
        "client": quote(record.client, safe=""),
        "reverses": record.reverses_id or "",
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
