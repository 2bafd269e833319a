"""The documents of the operations of an app."""

from typing import Annotated, Any, Self

from msgspec import Meta, Struct

from ledger_core.operations import Operation, OperationSet, Scope
from ledger_core.posting.holds import default_lifetime


class OperationDocument(Struct, kw_only=True):
    """An operation of the app, with its rules."""

    operation: Annotated[str, Meta(description="The code of the operation.", examples=["CREDIT_ADD"])]
    kind: Annotated[
        str,
        Meta(
            description="`plain` (changes one balance), `grant` (gives credits that expire), `transfer` (moves credits "
            "to another owner) or `reversal` (undoes entries of another operation)."
        ),
    ]
    value: Annotated[
        int | None,
        Meta(
            description="The credits that one unit adds. Negative if it takes credits. Null for a reversal: the "
            "reversed entry decides."
        ),
    ]
    scope: Annotated[Scope, Meta(description="The scope that a client needs to post it.")]
    max_amount: Annotated[int, Meta(description="The highest `amount` of one request or item.")]
    frequency: Annotated[
        str | None,
        Meta(
            description="How often it can be posted for an owner in this app: `once`, `daily` (per UTC day), or null "
            "for no limit."
        ),
    ]
    reversed_operation: Annotated[str | None, Meta(description="The operation whose entries it reverses, or null.")]
    can_be_held: Annotated[bool, Meta(description="True if its credits can be held before it is posted.")]
    hold_for: Annotated[
        int | None,
        Meta(description="How many seconds a hold lasts without `expires_in`. Null if it cannot be held."),
    ]
    expires_in: Annotated[
        int | None, Meta(description="After how many seconds the credits that it gives expire. Null if they do not.")
    ]
    priority: Annotated[
        int | None,
        Meta(description="For credits that expire: those of the lowest priority are used first. Otherwise null."),
    ]
    extends_by: Annotated[
        int | None,
        Meta(
            description="For a reversal: how many seconds refunded credits last if their lot has expired. Null if they "
            "expire at once, and for other kinds."
        ),
    ]
    retired: Annotated[bool, Meta(description="True if new posts of it are rejected.")]
    description: Annotated[str, Meta(description="What the operation is for.")]

    @classmethod
    def of(cls, operation: Operation) -> Self:
        kind = operation.kind
        expires_in, priority = operation.lot or (None, None)
        return cls(
            operation=operation.code,
            kind=kind.name,
            value=operation.value,
            scope=operation.scope,
            max_amount=operation.max_amount,
            frequency=kind.frequency.name if kind.frequency else None,
            reversed_operation=operation.reversed_operation.code if operation.reversed_operation else None,
            can_be_held=kind.can_be_held,
            hold_for=default_lifetime(operation) if kind.can_be_held else None,
            expires_in=expires_in,
            priority=priority,
            extends_by=kind.extension,
            retired=kind.retired,
            description=kind.description,
        )


class OperationsDocument(Struct, kw_only=True):
    """The operations of an app."""

    app: Annotated[str, Meta(description="The app.")]
    operations: Annotated[list[OperationDocument], Meta(description="Its operations: the shared ones and its own.")]

    @classmethod
    def of(cls, operations: OperationSet[Any]) -> Self:
        return cls(app=operations.app, operations=[OperationDocument.of(operation) for operation in operations])
