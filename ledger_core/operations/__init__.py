"""Operations: what each app can post, what a unit of each is worth, and who may post it.

Pure Python, without Django and without the database, so that an app's operations are plain values that mypy checks.

Invariants: an operation's code is the name of its member; an app's set holds the shared operations and its own, and no
others; no two codes of a set are equal. Imports only `ledger_core.values` and `ledger_core.errors`.
"""

from ledger_core.operations.claims import Claim, Daily, Once
from ledger_core.operations.operation import Operation, OperationRetired, Scope
from ledger_core.operations.sets import OperationSet, Own
from ledger_core.operations.shared import SharedOperation
from ledger_core.operations.terms import Reversal, Terms

__all__ = [
    "Claim",
    "Daily",
    "Once",
    "Operation",
    "OperationRetired",
    "OperationSet",
    "Own",
    "Reversal",
    "Scope",
    "SharedOperation",
    "Terms",
]
