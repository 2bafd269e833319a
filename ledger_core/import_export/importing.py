"""Importing: an export's entries into an empty ledger, with the same ids and hashes.

The only writer of entries besides `posting`. It does not trust the file: each entry must follow from the one before it,
by its sequence number, time, balance and hash. They are checked here and not by the database.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Sum
from psycopg.types.json import Jsonb

from ledger_core import sql
from ledger_core.import_export.records import FORM, Record
from ledger_core.models import ENTRY_COLUMNS, Account, Entry

_CHUNK = 5000  # entries in one transaction: an interrupted import continues after the last one
_MAX_ID = 2**62  # new posts get ids above the highest, so half of the bigints are left for them
_COLUMNS = Record.__struct_fields__
COPY = f"COPY ledger_entry ({ENTRY_COLUMNS}) FROM STDIN"
_IMPORT_PRESENT = sql.load("import_present", entry=ENTRY_COLUMNS)
_IMPORT_OPEN_UNITS = sql.load("import_open_units")
_IMPORT_LOTS = sql.load("import_lots")
_IMPORT_IDS = sql.load("import_ids")


class ImportRefused(Exception):
    """The file holds entries that could not have been posted. The message names the line; earlier chunks stay."""


def import_entries(
    lines: Iterable[bytes], *, resume: bool, progress: Callable[[int], object] = lambda size: None
) -> int:
    """Import an export in JSON lines, and return how many entries were new.

    The ledger must be empty, or with `resume` hold exactly the first entries of the file. `progress` is called with the
    size of each chunk in bytes. Raises ImportRefused.
    """
    present = Account.objects.aggregate(entries=Sum("seq"))["entries"] or 0
    if present and not resume:
        raise ImportRefused("The ledger is not empty. To go on with an import that was interrupted, say --resume.")
    numbered = enumerate(lines, start=1)
    imported = 0
    while chunk := list(islice(numbered, _CHUNK)):
        records = [(number, _decode(number, line)) for number, line in chunk]
        try:
            with transaction.atomic():
                _require_present(records[:present])
                imported += _import(records[present:])
        except (DataError, IntegrityError) as error:
            raise ImportRefused(f"Lines {chunk[0][0]} to {chunk[-1][0]}: {error}") from error
        present = max(0, present - len(records))
        progress(sum(len(line) for _, line in chunk))
    if present:
        raise ImportRefused(f"The ledger holds {present} entries more than the file.")
    return imported


def _decode(number: int, line: bytes) -> Record:
    try:
        return msgspec.json.decode(line, type=Record)
    except msgspec.DecodeError as error:
        raise ImportRefused(f"Line {number}: {error}.") from None


def _require_present(numbered: list[tuple[int, Record]]) -> None:
    """Raise ImportRefused unless the ledger holds exactly these entries."""
    places = {"owners": [record.owner_id for _, record in numbered], "seqs": [record.seq for _, record in numbered]}
    entries = Entry.objects.raw(_IMPORT_PRESENT, places) if numbered else []
    held = {(entry.owner_id, entry.seq): Record.of(entry) for entry in entries}
    for number, record in numbered:
        if held.get((record.owner_id, record.seq)) != record:
            raise ImportRefused(
                f"Line {number}: the ledger has another entry {record.seq} of {record.owner_id}, or none, "
                "so it does not hold the beginning of this file."
            )


def _import(numbered: list[tuple[int, Record]]) -> int:
    if not numbered:
        return 0
    owners = {record.owner_id for _, record in numbered}
    accounts = {account.pk: account for account in Account.objects.select_for_update().filter(pk__in=owners)}
    _require_new_ids(numbered)
    for number, record in numbered:
        _append(number, record, accounts.setdefault(record.owner_id, _new_account(record)))
    Account.objects.bulk_create(
        [accounts[owner] for owner in dict.fromkeys(record.owner_id for _, record in numbered)],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["owner_id"],
        update_fields=["balance", "held", "lots", "seq", "head", "updated_on"],
    )
    with connection.cursor() as cursor:
        with connection.wrap_database_errors, cursor.copy(COPY) as copy:  # psycopg's errors as Django's
            for _, record in numbered:
                copy.write_row(row_of(record))
        cursor.execute(_IMPORT_OPEN_UNITS, {"owners": list(owners)})
        cursor.execute(_IMPORT_LOTS, {"owners": list(owners)})
        cursor.execute(_IMPORT_IDS)
    return len(numbered)


def _require_new_ids(numbered: list[tuple[int, Record]]) -> None:
    """Raise ImportRefused unless each id is new. The database's key is (id, owner), so it does not check this."""
    for number, record in numbered:
        if not 1 <= record.id <= _MAX_ID:
            raise ImportRefused(f"Line {number}: the id {record.id} is not from 1 to {_MAX_ID}.")
    taken = set(Entry.objects.filter(pk__in=[record.id for _, record in numbered]).values_list("pk", flat=True))
    for number, record in numbered:
        if record.id in taken:
            raise ImportRefused(f"Line {number}: another entry has the id {record.id}.")
        taken.add(record.id)


def _append(number: int, record: Record, account: Account) -> None:
    """Update the account by the record. Raises ImportRefused unless the record follows the account's last entry."""
    for fault in _faults(record, account, bytes(account.head)):
        raise ImportRefused(f"Line {number}: entry {record.seq} of {record.owner_id}: {fault}.")
    account.seq, account.balance, account.held = record.seq, record.balance_after, record.held_after
    account.lots = 0  # see import_lots.sql
    account.head, account.updated_on = bytes.fromhex(record.hash), record.created_on


def _faults(record: Record, account: Account, head: bytes) -> Iterator[str]:
    if record.seq != account.seq + 1:
        yield f"the entry before it is #{account.seq}"
    if record.created_on < account.updated_on:
        yield "its time is before that of the entry before it"
    if record.balance_after != account.balance + record.delta:
        yield f"balance {account.balance} before it, {record.balance_after} after it, and a delta of {record.delta}"
    if record.held_after != account.held + record.held:
        yield f"{account.held} credits held before it, {record.held_after} after it, and a change of {record.held}"
    if record.form != FORM:
        yield f"its canonical form {record.form} is unknown"
    elif record.chained_to(head).hex() != record.hash:
        yield "its hash does not match the entry and the hash before it"


def _new_account(record: Record) -> Account:
    beginning = datetime.min.replace(tzinfo=UTC)
    return Account(
        owner_id=record.owner_id,
        balance=0,
        held=0,
        lots=0,
        seq=0,
        head=b"",
        created_on=record.created_on,
        updated_on=beginning,
    )


def row_of(record: Record) -> list[Any]:
    """Return the values of a record for COPY."""
    metadata = None if record.metadata is None else Jsonb(record.metadata)
    row = {name: getattr(record, name) for name in _COLUMNS} | {
        "metadata": metadata,
        "hash": bytes.fromhex(record.hash),
    }
    return list(row.values())
