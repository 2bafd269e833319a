"""Six weeks of a ledger, made up: an export to import, since nothing can be posted in the past."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import msgspec

from content.operations import ContentOperation
from ecommerce.operations import EcommerceOperation
from ledger_core.import_export.records import Record
from ledger_core.operations import Operation, SharedOperation

OWNERS = ("alice", "bob", "carol", "dave", "erin", "frank")
_APPS = {SharedOperation: "content", ContentOperation: "content", EcommerceOperation: "ecommerce"}
_SPENT = (SharedOperation.CREDIT_SPEND, ContentOperation.CONTENT_CREATION, EcommerceOperation.PURCHASE)


def history(now: datetime) -> bytes:
    """Return the entries of all owners in JSON lines, each linked to the one before, the newest of the present."""
    random = Random(7)  # noqa: S311  the same each time
    posted = _posted(now, random)
    entries = [entry for owner in OWNERS for entry in _of_owner(owner, posted, random)]
    return b"\n".join(msgspec.json.encode(entry) for entry in sorted(entries, key=lambda entry: entry.id)) + b"\n"


def _posted(now: datetime, random: Random) -> dict[tuple[str, int], tuple[int, datetime]]:
    """Return the id and the moment of each entry, by its owner and sequence number; ids follow time."""
    moments = {}
    for number, owner in enumerate(OWNERS):
        entries = 60 - 8 * number
        for seq in range(1, entries + 1):
            ago = timedelta(days=42) * (entries - seq) / entries + timedelta(minutes=random.randint(0, 300))
            moments[owner, seq] = now - ago
    in_order = sorted(moments, key=moments.__getitem__)
    return {place: (number, moments[place]) for number, place in enumerate(in_order, start=1)}


def _of_owner(owner: str, posted: dict[tuple[str, int], tuple[int, datetime]], random: Random) -> Iterator[Record]:
    balance, head = 0, b""
    refunded: Record | None = None
    for seq in (seq for other, seq in posted if other == owner):
        number, moment = posted[owner, seq]
        operation, amount = random.choice(_SPENT), random.randint(1, 4)
        if refunded:
            operation, amount = EcommerceOperation.REFUND_ITEM, 1
        elif balance + _delta(operation, amount, refunded) < 0:
            operation, amount = SharedOperation.CREDIT_ADD, random.randint(3, 15)
        delta = _delta(operation, amount, refunded)
        balance += delta
        record = Record(
            id=number,
            owner_id=owner,
            seq=seq,
            app=_APPS[type(operation)],
            operation=operation.code,
            amount=amount,
            delta=delta,
            balance_after=balance,
            nonce=f"order-{1000 + seq}",
            reverses=refunded.id if refunded else None,
            client="shop" if operation in EcommerceOperation else "blog",
            created_on=moment,
            hash="",
        )
        head = record.chained_to(head)
        yield msgspec.structs.replace(record, hash=head.hex())
        refunded = record if operation is EcommerceOperation.PURCHASE and random.random() < 0.3 else None


def _delta(operation: Operation, amount: int, refunded: Record | None) -> int:
    return -refunded.delta // refunded.amount * amount if refunded else operation.delta(amount) or 0
