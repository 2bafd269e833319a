"""Entries outside the database: all their fields, and the canonical form that is hashed."""

from datetime import UTC
from hashlib import sha256
from typing import Any, Self

from msgspec import Struct

from ledger_core.models import Entry
from ledger_core.values import Moment


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry with the columns of its table, in their order. The hash is in hexadecimal."""

    id: int
    owner_id: str
    seq: int
    app: str
    operation: str
    amount: int
    delta: int
    balance_after: int
    nonce: str
    claim: str | None
    reverses_id: int | None
    client: str
    created_on: Moment
    hash: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        columns: dict[str, Any] = {name: getattr(entry, name) for name in cls.__struct_fields__}
        return cls(**columns | {"hash": bytes(entry.hash).hex()})

    def chained_to(self, previous: bytes) -> bytes:
        """Return the hash that the entry must have after one with the hash `previous`. See docs/architecture.md."""
        fields = (
            "1",
            self.owner_id,
            str(self.seq),
            self.app,
            self.operation,
            str(self.amount),
            str(self.delta),
            str(self.balance_after),
            self.nonce,
            self.claim or "",
            "" if self.reverses_id is None else str(self.reverses_id),
            self.client,
            self.created_on.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        )
        return sha256(previous + "\n".join(fields).encode()).digest()
