"""Operations: what each app can post, what a unit of each is worth, and who may post it.

Pure Python, without Django and without the database, so that an app's operations are plain values that mypy checks.

    frequency       how often an owner can have an operation: once, daily
    kinds           what a unit of an operation moves, and its limits: plain operations, grants, transfers, reversals
    operation       the base class of an app's operations, and the scopes of clients
    shared          the operations that every app has
    sets            the operations of one app
    corrections     the operations of staff
    endings         the operations that end holds or lots
    drafts          what a caller asks to post

Invariants: an operation's code is the name of its member; an app's set has exactly the shared operations and its own;
no two codes of a set are equal. Imports only `ledger_core.values` and `ledger_core.errors`.
"""

from ledger_core.operations.frequency import Daily, Frequency, Once
from ledger_core.operations.kinds import Grant, Kind, Plain, Reversal, Transfer
from ledger_core.operations.operation import Operation, Scope
from ledger_core.operations.sets import OperationSet, Own
from ledger_core.operations.shared import SharedOperation

__all__ = [
    "Daily",
    "Frequency",
    "Grant",
    "Kind",
    "Once",
    "Operation",
    "OperationSet",
    "Own",
    "Plain",
    "Reversal",
    "Scope",
    "SharedOperation",
    "Transfer",
]
