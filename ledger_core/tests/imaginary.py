"""Apps for the core's own tests, which must not depend on an installed app. No real app has these labels."""

from ledger_core.operations import Operation, OperationSet, Reversal, SharedOperation, Terms

SPEND = SharedOperation.CREDIT_SPEND
ADD = SharedOperation.CREDIT_ADD


class ImaginaryOperation(Operation):
    LOOT = Terms(+7, "Found.")
    DUEL = Terms(-7, "Lost.")
    REMATCH = Reversal(DUEL, "A duel taken back.")
    CHAT = Terms(0, "Said: recorded, and moves nothing.")


IMAGINARY = OperationSet("imaginary", ImaginaryOperation)


class ChessOperation(Operation):
    DUEL = Terms(-1, "Played.")


CHESS = OperationSet("imaginary_chess", ChessOperation)
