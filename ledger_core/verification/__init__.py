"""Verification: checks that entries, accounts and the database's schema are as the service wrote them.

Invariants: it only reads the ledger, while others post; every finding names the owner and the entry, or the part of the
schema. Imports the models and the SQL, and nothing that posts.
"""

from ledger_core.verification.history import Fault, FutureEntries, in_the_future, record, verify

__all__ = ["Fault", "FutureEntries", "in_the_future", "record", "verify"]
