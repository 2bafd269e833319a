"""Entries outside the database: all their fields, and the canonical form that is hashed."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Self

from msgspec import Meta, Struct

from ledger_core.models import Entry
from ledger_core.values import Moment

FORM = 1  # of the canonical form


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry with the columns of the model, in their order. The hash is in hexadecimal."""

    id: int
    owner_id: str
    seq: int
    app: str
    operation: str
    amount: int
    delta: int
    balance_after: int
    held: int = 0
    held_after: int = 0
    nonce: str
    claim: str | None = None
    reverses: int | None = None
    hold: int | None = None
    batch: int | None = None
    transfer: int | None = None
    counterparty: str | None = None
    expires_on: Moment | None = None
    priority: int | None = None
    client: str
    reference: str | None = None
    metadata: dict[str, str] | None = None
    drawn: list[Annotated[list[int], Meta(min_length=3, max_length=3)]] | None = None
    created_on: Moment
    form: int = FORM
    hash: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        columns: dict[str, Any] = {name: getattr(entry, name) for name in cls.__struct_fields__}
        return cls(**columns | {"hash": bytes(entry.hash).hex()})

    def chained_to(self, previous: bytes) -> bytes:
        """Return the hash that the entry must have after one with the hash `previous`. See docs/architecture.md.

        Raises ValueError for a form that this version does not know.
        """
        if self.form != FORM:
            raise ValueError(f"The canonical form {self.form} is unknown.")
        return sha256(previous + json.dumps(self._canonical_form(), ensure_ascii=False).encode()).digest()

    def _canonical_form(self) -> list[Any]:
        fields = (getattr(self, name) for name in self.__struct_fields__ if name not in ("form", "hash"))
        return [self.form, *map(_canonical, fields)]


def _canonical(value: Any) -> Any:
    """Return a value of the canonical form. PostgreSQL orders an object's keys by their length, then by their bytes."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, dict):
        return {key: value[key] for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}
    return value
