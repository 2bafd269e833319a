"""Examples of requests, which succeed in their order on an empty ledger."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from ledger_core.operations import Operation, OperationSet, Scope, SharedOperation


def batch_examples(operations: OperationSet[Any]) -> list[OpenApiExample]:
    """Return the example of a batch."""
    pair = (SharedOperation.CREDIT_ADD, SharedOperation.CREDIT_SPEND)
    entries = [_body(operation, f"{operations.app}-batch-{number}") for number, operation in enumerate(pair, 1)]
    return [OpenApiExample("two", {"entries": entries}, summary="Two operations", request_only=True)]


def hold_examples(operations: OperationSet[Any]) -> list[OpenApiExample]:
    """Return the example of a hold. Those of its capture and release follow it."""
    body = _body(SharedOperation.CREDIT_SPEND, f"{operations.app}-hold-1") | {"amount": 2, "expires_in": 600}
    return [OpenApiExample("hold", body, summary="Two units for ten minutes", request_only=True)]


def capture_examples(operations: OperationSet[Any]) -> list[OpenApiExample]:
    """Return the example of a capture that leaves something to release."""
    body = {"nonce": f"{operations.app}-capture-1", "amount": 1, "final": False}
    return [OpenApiExample("part", body, summary="One unit; the rest stays held", request_only=True)]


def release_examples(operations: OperationSet[Any]) -> list[OpenApiExample]:
    """Return the example of a release."""
    return [OpenApiExample("rest", {"nonce": f"{operations.app}-release-1"}, summary="The rest", request_only=True)]


def hold_id(operations: OperationSet[Any]) -> int:
    """Return the id of the hold that the examples make, on an empty ledger on which only they run, in their order."""
    posted = sum(1 + operation.kind.two_sided for operation in _in_order(operations))
    return posted + 3 + 1  # a batch takes an id for its number, and one for each of its two entries


def post_examples(operations: OperationSet[Any]) -> list[OpenApiExample]:
    """Return an example of each operation."""
    in_order = _in_order(operations)
    return [_post_example(operation, in_order, operations.app) for operation in in_order]


def _in_order(operations: OperationSet[Any]) -> list[Operation]:
    """Return the operations in an order in which each can be posted: those that give most credits come first.

    Retired operations and their reversals are left out, since an empty ledger cannot post them.
    """
    postable = (
        o for o in operations if not (o.kind.retired or (o.reversed_operation and o.reversed_operation.kind.retired))
    )
    return sorted(postable, key=lambda operation: -(operation.value or 0) if operation.scope is Scope.MINT else 0)


def _post_example(operation: Operation, in_order: list[Operation], app: str) -> OpenApiExample:
    fields, description = _needs(operation, in_order)
    return OpenApiExample(
        operation.code,
        _body(operation, f"{app}-{operation.code.lower()}-1") | fields,
        summary=f"{operation.code}: {operation.kind.description}",
        description=description,
        request_only=True,
    )


def _needs(operation: Operation, in_order: list[Operation]) -> tuple[dict[str, Any], str]:
    """Return the fields that the example needs, so that it succeeds after the earlier ones, and their description."""
    if operation.reversed_operation:
        before = in_order[: in_order.index(operation.reversed_operation)]
        entry_id = 1 + sum(1 + earlier.kind.two_sided for earlier in before)
        return {"reverses": entry_id}, (
            f"`reverses` is the id of the entry that {operation.reversed_operation.code} returned: {entry_id} on an "
            "empty ledger to which only these examples were posted, in their order."
        )
    if operation is SharedOperation.CREDIT_ADD and operation.value:
        cost = -sum(min(0, other.value or 0) for other in in_order) + 2  # for the example of a hold
        return {"amount": cost // operation.value + 1}, "Adds enough credits for all of the following examples."
    if (operation.value or 0) < 0:
        more = {"to_owner_id": "bob"} if operation.kind.two_sided else {}
        return more, f"Needs credits: the example of {SharedOperation.CREDIT_ADD.code} adds them."
    return {}, ""


def _body(operation: Operation, nonce: str) -> dict[str, Any]:
    return {"operation": operation.code, "owner_id": "alice", "nonce": nonce, "amount": 1}
