"""Verification: checks that the ledger is as the service wrote it, and the schema as the migrations made it.

    report     one verification from start to end, for both commands; stores the result of a complete one
    history    the entries, each against the one before it
    ranges     owners in ranges, checked in parallel
    future     entries that are later than the database's clock
    schema     tables and functions, against the migrations

Words: a *verification* is one run; a row of the model `Verification` is its stored result, for the admin. A *report*
is its detailed result. A *fault* is in the history; a *finding* is a fault, entries in the future, or a difference in
the schema.

Invariants: it only reads accounts and entries, and may run while entries are posted; every finding names the owner and
the entry, or the part of the schema. Imports the models and the SQL, and nothing that posts.
"""

from ledger_core.verification.future import FutureEntries, in_the_future
from ledger_core.verification.history import Fault, verify
from ledger_core.verification.report import NothingToCheck, Report, run, size_of

__all__ = ["Fault", "FutureEntries", "NothingToCheck", "Report", "in_the_future", "run", "size_of", "verify"]
