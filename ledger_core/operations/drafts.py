"""Items and drafts: what a caller asks to post, and what the database is then asked to post."""

from collections.abc import Mapping
from typing import Any, Generic, Self, TypeVar

from msgspec import Struct

from ledger_core.errors import InvalidOperation, InvalidRequest
from ledger_core.operations.operation import Operation
from ledger_core.operations.sets import OperationSet, Own
from ledger_core.operations.shared import SharedOperation
from ledger_core.values import (
    Amount,
    EntryId,
    LotSeconds,
    Metadata,
    Nonce,
    OwnerId,
    Reference,
    check_each,
    require_small,
)

Op = TypeVar("Op", bound=Operation, covariant=True)
# The fields of an item that only operations of one kind have.
FIELDS_OF_KINDS = ("reverses", "to_owner_id")
Identity = tuple[str, str]  # the owner and the nonce: an owner has one entry for each nonce


class Item(Struct, Generic[Op], frozen=True):
    """What a caller asks to post: `amount` units of an operation, once per owner and nonce.

    `reverses` (only for a reversal) is the id of the entry to reverse. `to_owner_id` (only for a transfer) is the owner
    who gets the credits. `reference` is the caller's own id, such as an order number, and `metadata` has texts to store
    with the entry. `expires_in` (only for credits that expire) shortens their lifetime, in seconds.
    """

    operation: Op
    owner_id: str
    nonce: str
    amount: int = 1
    reverses: int | None = None
    reference: str | None = None
    metadata: Mapping[str, str] | None = None
    to_owner_id: str | None = None
    expires_in: int | None = None

    @property
    def owners(self) -> set[str]:
        """The owners that the item names. A reversal of a transfer also changes the balance of another owner."""
        return {self.owner_id, self.to_owner_id or self.owner_id}

    def checked(self) -> Self:
        """Return the item. Raises InvalidRequest, naming the first invalid field, for a wrong type, length or range.

        For items made by Python callers. An item of the API needs no second check: decoding has checked the same types.
        """
        check_each(self, _Values)
        return self


class _Values(Struct):
    owner_id: OwnerId
    nonce: Nonce
    amount: Amount
    reverses: EntryId | None
    reference: Reference | None
    metadata: Metadata | None
    to_owner_id: OwnerId | None
    expires_in: LotSeconds | None


class Holding(Struct, frozen=True):
    """The credits that a draft reserves, instead of moving them: `held` credits for `expires_in` seconds.

    `given`: whether the request had `expires_in`. Otherwise it is the default.
    """

    held: int
    expires_in: int
    given: bool

    @property
    def as_item(self) -> dict[str, Any]:
        return {"held": self.held, "expires_in": self.expires_in}


class Drawing(Struct, frozen=True):
    """The units of a hold that a draft takes: `amount`, or None for all that are left. `final`: it ends the hold."""

    hold: int
    amount: int | None
    final: bool

    @property
    def as_item(self) -> dict[str, Any]:
        return {"hold": self.hold, "amount": self.amount, "final": self.final}


class Draft(Struct, frozen=True):
    """An item with its app, its client and its delta. The database decides whether it becomes an entry.

    `delta` is the signed change of the balance, in credits. It is None for reversals, captures and releases: the
    database computes it from the entry to reverse, or from the hold. `hold` is a `Holding` if the draft makes a hold, a
    `Drawing` if it captures or releases one, and otherwise None.
    """

    app: str
    client: str
    item: Item[Operation]
    delta: int | None
    hold: Holding | Drawing | None = None

    @classmethod
    def of(cls, operations: OperationSet[Own], item: Item[SharedOperation | Own], client: str) -> Self:
        """Return the draft of an item whose values are valid.

        Raises InvalidOperation for an operation of another app. Raises InvalidRequest if a field is missing or not
        allowed for the operation's kind, if `expires_in` is too long, or if the metadata is too large.
        """
        operation = item.operation
        if operation not in operations:  # mypy rejects it too, where callers are checked
            raise InvalidOperation(f"Invalid operation: {operation.code}")
        for field in FIELDS_OF_KINDS:
            needed = operation.kind.fields.get(field)
            if getattr(item, field) is None:
                if needed:
                    raise InvalidRequest.of_field(field, f"{operation.code} needs {needed}")
            elif not needed:
                raise InvalidRequest.of_field(field, f"{operation.code} does not take it")
        if item.to_owner_id == item.owner_id:
            raise InvalidRequest.of_field("to_owner_id", "Expected another owner")
        if item.expires_in is not None:
            longest = operation.lot[0] if operation.lot else 0
            if item.expires_in > longest:
                expected = (
                    f"at most {longest}, the lifetime of its credits" if longest else "none: its credits do not expire"
                )
                raise InvalidRequest.of_field("expires_in", f"{operation.code} takes {expected}")
        if item.metadata:
            require_small(item.metadata)
        return cls(operations.app, client, item, operation.delta(item.amount))

    @property
    def identity(self) -> Identity:
        return self.item.owner_id, self.item.nonce

    @property
    def as_item(self) -> dict[str, Any]:
        """The fields of the database's type `ledger_item`, by name."""
        item, frequency, reversed_ = (
            self.item,
            self.item.operation.kind.frequency,
            self.item.operation.reversed_operation,
        )
        # A capture takes no claim, even if the operation has been given a frequency since the hold.
        claims = frequency if not isinstance(self.hold, Drawing) else None
        fields = {
            "operation": item.operation.code,
            "owner_id": item.owner_id,
            "nonce": item.nonce,
            "amount": item.amount,
            "delta": self.delta,
            "claim": f"{self.app}:{item.operation.code}" if claims else None,
            "period": claims.period if claims else None,
            "reverses": item.reverses,
            "reversed_operation": reversed_.code if reversed_ else None,
            "reference": item.reference,
            "metadata": item.metadata,
        }
        if item.to_owner_id is not None:
            fields["counterparty"] = item.to_owner_id
        if lot := item.operation.lot:
            lifetime, fields["priority"] = lot
            fields["expires_in"] = item.expires_in or lifetime
        elif item.reverses is not None and (extension := item.operation.kind.extension):
            fields["priority"], fields["expires_in"] = 0, extension
        return fields | self.hold.as_item if self.hold else fields
