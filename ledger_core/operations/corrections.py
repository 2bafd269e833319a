"""Corrections: what staff post where no app's operation puts a mistake right. They have no address in the API."""

from ledger_core.operations.operation import Operation
from ledger_core.operations.sets import OperationSet
from ledger_core.operations.terms import Terms

# Before the names of people in the books. No client of the API is called so: constraints.CLIENT_NAME_NOT_STAFF.
STAFF = "staff:"


class Correction(Operation):
    CORRECTION_ADD = Terms(+1, "Credits that the owner should have had.")
    CORRECTION_TAKE = Terms(-1, "Credits that the owner should not have had.")


# Django lets no other app have this label, and so no plugin posts under it.
CORRECTIONS = OperationSet("ledger_core", Correction)
