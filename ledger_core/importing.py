"""Importing: an export's entries into an empty ledger, under the same ids and hashes.

The one writer beside `posting`. It does not trust the file: each entry must follow from the one before it, by its
sequence number, time, balance and hash, which are computed here and not by the database.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
from django.db import DataError, IntegrityError, connection, transaction

from ledger_core import sql
from ledger_core.models import Account
from ledger_core.records import Record

_CHUNK = 5000  # entries of one transaction: an interrupted import goes on after the last
_COLUMNS = Record.__struct_fields__
_COPY = f"COPY ledger_entry ({', '.join(_COLUMNS)}) FROM STDIN"
_IMPORT_REVERSIBLE = sql.load("import_reversible")
_IMPORT_IDS = sql.load("import_ids")


class ImportRefused(Exception):
    """The file does not hold a history that could have been posted; all before the line that it names is imported."""


def import_entries(
    lines: Iterable[bytes], *, resume: bool, progress: Callable[[int], object] = lambda size: None
) -> int:
    """Import an export in JSON lines, and return how many entries were new. `progress` is told of bytes.

    The ledger must be empty, or with `resume` hold nothing but a beginning of the same file. Raises ImportRefused.
    """
    if not resume and Account.objects.exists():
        raise ImportRefused("The ledger is not empty. To go on with an import that was interrupted, say --resume.")
    numbered = enumerate(lines, start=1)
    imported = 0
    while chunk := list(islice(numbered, _CHUNK)):
        records = [(number, _decode(number, line)) for number, line in chunk]
        try:
            with transaction.atomic():
                imported += _import(records)
        except (DataError, IntegrityError) as error:
            raise ImportRefused(f"Lines {chunk[0][0]} to {chunk[-1][0]}: {error}") from error
        progress(sum(len(line) for _, line in chunk))
    return imported


def _decode(number: int, line: bytes) -> Record:
    try:
        return msgspec.json.decode(line, type=Record)
    except msgspec.DecodeError as error:
        raise ImportRefused(f"Line {number}: {error}.") from None


def _import(numbered: list[tuple[int, Record]]) -> int:
    owners = {record.owner_id for _, record in numbered}
    accounts = {account.pk: account for account in Account.objects.select_for_update().filter(pk__in=owners)}
    new = [record for number, record in numbered if _appended(number, record, accounts)]
    changed = [accounts[owner] for owner in dict.fromkeys(record.owner_id for record in new)]
    Account.objects.bulk_create(
        changed,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["owner_id"],
        update_fields=["balance", "seq", "head", "updated_on"],
    )
    if new:
        with connection.cursor() as cursor:
            with cursor.copy(_COPY) as copy:
                for record in new:
                    copy.write_row(_row(record))
            cursor.execute(_IMPORT_REVERSIBLE, {"owners": [account.pk for account in changed]})
            cursor.execute(_IMPORT_IDS)
    return len(new)


def _appended(number: int, record: Record, accounts: dict[str, Account]) -> bool:
    """Count the record in at its account, unless the ledger has it already."""
    account = accounts.setdefault(record.owner_id, _new_account(record))
    head = bytes(account.head)
    if record.seq <= account.seq:
        if record.seq == account.seq and record.hash != head.hex():
            raise ImportRefused(f"Line {number}: the ledger has another entry {record.seq} of {record.owner_id}.")
        return False
    for fault in _faults(record, account, head):
        raise ImportRefused(f"Line {number}: entry {record.seq} of {record.owner_id}: {fault}.")
    account.seq, account.balance = record.seq, record.balance_after
    account.head, account.updated_on = bytes.fromhex(record.hash), record.created_on
    return True


def _faults(record: Record, account: Account, head: bytes) -> Iterator[str]:
    if record.seq != account.seq + 1:
        yield f"it follows {account.seq}"
    if record.created_on < account.updated_on:
        yield "it is earlier than the one before it"
    if record.balance_after != account.balance + record.delta:
        yield f"{account.balance} and {record.delta} do not make {record.balance_after}"
    if record.chained_to(head).hex() != record.hash:
        yield "its hash is not that of this entry after the one before it"


def _new_account(record: Record) -> Account:
    beginning = datetime.min.replace(tzinfo=UTC)
    return Account(
        owner_id=record.owner_id, balance=0, seq=0, head=b"", created_on=record.created_on, updated_on=beginning
    )


def _row(record: Record) -> list[Any]:
    return [bytes.fromhex(record.hash) if name == "hash" else getattr(record, name) for name in _COLUMNS]
