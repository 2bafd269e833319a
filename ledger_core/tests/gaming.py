"""A ledger app for the core's own tests, which know no plugin: only its operations."""

from ledger_core.operations import Operation, OperationSet, SharedOperation, Terms

SPEND = SharedOperation.CREDIT_SPEND
ADD = SharedOperation.CREDIT_ADD


class GamingOperation(Operation):
    LOOT = Terms(+7, "Found.")
    DUEL = Terms(-7, "Lost.")
    REMATCH = Terms(+7, "A duel taken back.", reverses=DUEL)
    CHAT = Terms(0, "Said: recorded, and moves nothing.")


GAMING = OperationSet("gaming", GamingOperation)


class ChessOperation(Operation):
    DUEL = Terms(-1, "Played.")


CHESS = OperationSet("chess", ChessOperation)
