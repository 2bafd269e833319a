"""The conformance tests, run for operations of every kind that an app can have."""

from datetime import timedelta

from ledger_core.conformance import Conformance
from ledger_core.operations import Grant, Operation, OperationSet, Plain, Reversal, Transfer
from ledger_core.operations.frequency import Daily, Once


class EveryOperation(Operation):
    LOOT = Plain(+7, "Gives, as much as is asked for.")
    GIFT = Plain(+7, "Gives once.", max_amount=1, frequency=Once())
    FEE = Plain(-7, "Takes once a day.", max_amount=1, frequency=Daily())
    TICKET = Plain(-1, "Takes one alone.", max_amount=1)
    DUEL = Plain(-7, "Takes.", max_amount=100)
    REMATCH = Reversal(DUEL, "Gives back all.")
    PARTING = Reversal(DUEL, "Gives back a part.")
    THEFT = Reversal(LOOT, "Takes back what was given.")
    RETURN = Reversal(TICKET, "Gives back one alone.")
    MERCY = Reversal(DUEL, "Gives back, once.", max_amount=1, frequency=Once())
    CHAT = Plain(0, "Moves nothing.")
    GIFT_TO = Transfer(3, "Gives to another.")
    HANDOUT = Transfer(1, "Gives one alone, once a day.", max_amount=1, frequency=Daily())
    GIFT_BACK = Reversal(GIFT_TO, "Takes back what another got.")
    DEPOSIT = Plain(-4, "Is mostly held first.", hold_for=timedelta(hours=1))
    BONUS = Grant(+7, "Gives for a while.", expires=timedelta(days=1))
    COUPON = Grant(
        +2, "Gives for a while, once a day.", expires=timedelta(days=2), priority=3, max_amount=1, frequency=Daily()
    )
    SILENCE = Reversal(CHAT, "Takes back what moved nothing.")
    RELAPSE = Reversal(REMATCH, "Takes back what took back.")
    MATCH = Plain(-7, "Took.", retired=True)
    CONSOLATION = Reversal(MATCH, "Gives back what nobody can pay any more.")
    CONCESSION = Reversal(DUEL, "Gave back.", retired=True)


class TestConformance(Conformance):
    operations = OperationSet("imaginary", EveryOperation)
    test_the_api_tries_and_posts_it = None  # type: ignore[assignment]  # it is not installed
