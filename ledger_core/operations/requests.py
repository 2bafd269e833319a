"""What is asked of the books, once it is known to be of the form that it should be."""

from typing import Generic, Self, TypeVar

from msgspec import Struct

from ledger_core.errors import InvalidOperation, InvalidRequest
from ledger_core.operations.operation import Operation
from ledger_core.operations.sets import OperationSet, Own
from ledger_core.operations.shared import SharedOperation
from ledger_core.values import Amount, EntryId, Nonce, OwnerId, check, check_each

Op = TypeVar("Op", bound=Operation, covariant=True)
Key = tuple[str, str]


class Item(Struct, Generic[Op], frozen=True):
    """An operation to post: `amount` units of it for the owner, once for the owner's nonce.

    `reverses` is the id of the entry that it takes back, for an operation that reverses another.
    """

    operation: Op
    owner_id: str
    nonce: str
    amount: int = 1
    reverses: int | None = None


class _Values(Struct):
    owner_id: OwnerId
    nonce: Nonce
    amount: Amount


class Request(Struct, frozen=True):
    """An item of an app that can be asked of the database; whether it can be had, the database decides.

    `delta` is None for a reversal: the database reads what the reversed entry moved.
    """

    app: str
    client: str
    item: Item[Operation]
    delta: int | None

    @classmethod
    def of(cls, operations: OperationSet[Own], item: Item[SharedOperation | Own], client: str) -> Self:
        """Raises InvalidOperation or InvalidRequest."""
        operation = item.operation
        if operation not in operations:  # mypy refuses it too, where it is asked
            raise InvalidOperation(f"Invalid operation: {operation.code}")
        check_each(item, _Values)
        if operation.reverses is not None:
            check(item.reverses, EntryId, "reverses")
        elif item.reverses is not None:
            raise InvalidRequest.of_field("reverses", f"{operation.code} does not reverse an entry")
        return cls(operations.app, client, item, operation.delta(item.amount))

    def require_postable(self) -> None:
        """Raise OperationRetired or InvalidRequest where the operation's present terms rule the request out.

        They may have changed since the request was posted, so whoever asks looks for the nonce as well.
        """
        self.item.operation.require_postable(self.item.amount)

    @property
    def key(self) -> Key:
        return self.item.owner_id, self.item.nonce

    @property
    def fields(self) -> dict[str, str | int | None]:
        """What the statements take."""
        item, terms, reversed_operation = self.item, self.item.operation.terms, self.item.operation.reverses
        return {
            "app": self.app,
            "operation": item.operation.code,
            "owner_id": item.owner_id,
            "nonce": item.nonce,
            "amount": item.amount,
            "delta": self.delta,
            "claim": f"{self.app}:{item.operation.code}" if terms.claim else None,
            "period": terms.claim.period if terms.claim else None,
            "reverses_id": item.reverses,
            "reversed_operation": reversed_operation.code if reversed_operation else None,
            "client": self.client,
        }
