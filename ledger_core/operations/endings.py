"""The operations that end a hold without a debit, or a lot. No app can define them, and no request can name them."""

from ledger_core.operations.kinds import Plain
from ledger_core.operations.operation import Operation


class HoldEnd(Operation):
    """The operations that make held credits available again. They do not change the balance."""

    HOLD_RELEASE = Plain(0, "The rest of a hold was released.")
    HOLD_EXPIRY = Plain(0, "The rest of a hold was released, because the hold had expired.")


class LotEnd(Operation):
    """The operation that ends a lot: it takes the credits that are left."""

    CREDIT_EXPIRY = Plain(-1, "Credits expired.")


# Codes that no app may use.
RESERVED = {*HoldEnd.__members__, *LotEnd.__members__}
