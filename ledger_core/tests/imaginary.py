"""Apps for the core's own tests, which must not depend on an installed app. No real app has these labels."""

from datetime import timedelta

from ledger_core.operations import Grant, Operation, OperationSet, Plain, Reversal, SharedOperation, Transfer

SPEND = SharedOperation.CREDIT_SPEND
ADD = SharedOperation.CREDIT_ADD


class ImaginaryOperation(Operation):
    LOOT = Plain(+7, "Found.")
    DUEL = Plain(-7, "Lost.")
    REMATCH = Reversal(DUEL, "A duel taken back.")
    CHAT = Plain(0, "Said: recorded, and moves nothing.")


IMAGINARY = OperationSet("imaginary", ImaginaryOperation)


class ChessOperation(Operation):
    DUEL = Plain(-1, "Played.")


CHESS = OperationSet("imaginary_chess", ChessOperation)


class FriendlyOperation(Operation):
    GIFT = Transfer(3, "Given to another.")
    GIFT_BACK = Reversal(GIFT, "Taken back from another.")
    DEPOSIT = Plain(-5, "Held, then kept.")
    DEPOSIT_BACK = Reversal(DEPOSIT, "A deposit that was kept, given back.")


FRIENDLY = OperationSet("imaginary_friends", FriendlyOperation)


class FleetingOperation(Operation):
    BONUS = Grant(+5, "Given for a while.", expires=timedelta(days=90))
    COUPON = Grant(+5, "Given for a while, and used later.", expires=timedelta(days=30), priority=1)
    TICKET = Plain(-5, "Bought.")
    TICKET_BACK = Reversal(TICKET, "A ticket given back.")
    GIFT = Transfer(1, "Given to another.")
    TICKET_SWAP = Reversal(TICKET, "A ticket given back for another one.", extends=timedelta(days=7))


FLEETING = OperationSet("imaginary_grants", FleetingOperation)
