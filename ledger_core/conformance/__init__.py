"""Conformance tests: they check that an app's operations keep the rules of the ledger. An app runs them with

    class TestConformance(Conformance):
        operations = OPERATIONS

in its own tests. pytest then runs each test for each operation of the app that it applies to.

    base            what the tests share
    races           requests at the same time
    requests        what every request and its entry have to be
    nonces, balance, claims, reversals, holds, availability     one module for each rule of `ledger_core.rules`
    transfers       what is only true of transfers

Invariants: the tests need only an app's operations, and work for every operation that the kinds of operations allow.
Imports everything in the core; only tests import it.
"""

from ledger_core.conformance.availability import Availability
from ledger_core.conformance.balance import Balance
from ledger_core.conformance.claims import Claims
from ledger_core.conformance.holds import Holds
from ledger_core.conformance.nonces import Nonces
from ledger_core.conformance.requests import Requests
from ledger_core.conformance.reversals import Reversals
from ledger_core.conformance.transfers import Transfers

__all__ = ["Conformance"]


class Conformance(Requests, Nonces, Balance, Claims, Reversals, Holds, Transfers, Availability):
    """All conformance tests. A subclass sets `operations` to the operations of its app."""
