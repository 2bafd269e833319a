"""Conformance tests: they check that an app's operations keep the rules of the ledger. An app runs them with

    class TestConformance(Conformance):
        operations = OPERATIONS

in its own tests. pytest then runs each test for each operation of the app that it applies to.

    base       what the tests share
    in_turn    one request after the other
    races      several requests at the same time

Invariants: the tests need only an app's operations, and work for every operation that `Terms` and `Reversal` allow.
Imports everything in the core; only tests import it.
"""

from ledger_core.conformance.in_turn import InTurn
from ledger_core.conformance.races import Races

__all__ = ["Conformance"]


class Conformance(InTurn, Races):
    """All conformance tests. A subclass sets `operations` to the operations of its app."""
