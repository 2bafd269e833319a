"""What every app's operations have to keep to, as tests of any app's own.

The app's tests say once:

    class TestConformance(Conformance):
        operations = OPERATIONS

and pytest runs each of these tests for each operation that it is about.
"""

from ledger_core.conformance.in_turn import InTurn
from ledger_core.conformance.races import Races

__all__ = ["Conformance"]


class Conformance(InTurn, Races):
    """The tests, one request after the other and at once; `operations` are the app's."""
