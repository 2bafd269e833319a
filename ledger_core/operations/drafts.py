"""Items and drafts: what a caller asks to post, and what the database is then asked to post."""

from typing import Generic, Self, TypeVar

from msgspec import Struct

from ledger_core.errors import InvalidOperation, InvalidRequest
from ledger_core.operations.operation import Operation
from ledger_core.operations.sets import OperationSet, Own
from ledger_core.operations.shared import SharedOperation
from ledger_core.values import Amount, EntryId, Nonce, OwnerId, check_each

Op = TypeVar("Op", bound=Operation, covariant=True)
Identity = tuple[str, str]  # the owner and the nonce: an owner has one entry for each nonce


class Item(Struct, Generic[Op], frozen=True):
    """What a caller asks to post: `amount` units of an operation for the owner, once for the owner's nonce.

    `reverses` is the id of the entry to reverse, for an operation that reverses another.
    """

    operation: Op
    owner_id: str
    nonce: str
    amount: int = 1
    reverses: int | None = None

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


class Draft(Struct, frozen=True):
    """An item with its app, its client and its delta. The database decides whether it becomes an entry.

    `delta` is the signed change of the balance, in credits. It is None for a reversal: the database reads what the
    reversed entry moved.
    """

    app: str
    client: str
    item: Item[Operation]
    delta: int | None

    @classmethod
    def of(cls, operations: OperationSet[Own], item: Item[SharedOperation | Own], client: str) -> Self:
        """Return the draft of an item whose values are valid.

        Raises InvalidOperation for an operation of another app, and InvalidRequest if `reverses` is missing or not
        allowed.
        """
        operation = item.operation
        if operation not in operations:  # mypy rejects it too, where callers are checked
            raise InvalidOperation(f"Invalid operation: {operation.code}")
        if operation.reversed_operation is None:
            if item.reverses is not None:
                raise InvalidRequest.of_field("reverses", f"{operation.code} does not reverse an entry")
        elif item.reverses is None:
            raise InvalidRequest.of_field("reverses", f"{operation.code} needs the id of the entry to reverse")
        return cls(operations.app, client, item, operation.delta(item.amount))

    @property
    def identity(self) -> Identity:
        return self.item.owner_id, self.item.nonce

    @property
    def parameters(self) -> dict[str, str | int | None]:
        """The parameters of `post.sql`, by name. An element of `post_batch.sql`'s items has them too."""
        item, frequency, reversed_ = (
            self.item,
            self.item.operation.terms.frequency,
            self.item.operation.reversed_operation,
        )
        return {
            "app": self.app,
            "operation": item.operation.code,
            "owner_id": item.owner_id,
            "nonce": item.nonce,
            "amount": item.amount,
            "delta": self.delta,
            "claim": f"{self.app}:{item.operation.code}" if frequency else None,
            "period": frequency.period if frequency else None,
            "reverses_id": item.reverses,
            "reversed_operation": reversed_.code if reversed_ else None,
            "client": self.client,
        }
