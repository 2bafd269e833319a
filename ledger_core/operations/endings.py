"""What ends a hold without a debit, and a lot. The ledger posts these for any app; they have no address in the API."""

from ledger_core.operations.kinds import Plain
from ledger_core.operations.operation import Operation


class HoldEnd(Operation):
    """The operations that give held credits back. They move no credits of the balance."""

    HOLD_RELEASE = Plain(0, "The rest of a hold was released.")
    HOLD_EXPIRY = Plain(0, "The rest of a hold was released, because the hold had expired.")


class LotEnd(Operation):
    """The operations that end a lot. They take what is left of it."""

    CREDIT_EXPIRY = Plain(-1, "Credits expired.")


# Codes that no app may use.
RESERVED = {*HoldEnd.__members__, *LotEnd.__members__}
