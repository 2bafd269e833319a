"""Corrections: what staff post to fix a mistake that no app's operation can fix. The API has no endpoint for them."""

from ledger_core.operations.kinds import Plain
from ledger_core.operations.operation import Operation
from ledger_core.operations.sets import OperationSet

# The prefix of staff names in an entry's `client`. API clients cannot use it: constraints.CLIENT_NAME_NOT_STAFF.
STAFF = "staff:"


class Correction(Operation):
    """The operations of staff, each of one credit a unit."""

    CORRECTION_ADD = Plain(+1, "Credits that the owner should have had.")
    CORRECTION_TAKE = Plain(-1, "Credits that the owner should not have had.")


# Django allows no other app with this label, so no plugin posts under it.
CORRECTIONS = OperationSet("ledger_core", Correction)
