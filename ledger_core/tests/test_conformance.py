"""The conformance tests, run for operations of every kind that an app can have."""

from ledger_core.conformance import Conformance
from ledger_core.operations import Operation, OperationSet, Reversal, Terms
from ledger_core.operations.frequency import Daily, Once


class EveryOperation(Operation):
    LOOT = Terms(+7, "Gives, as much as is asked for.")
    GIFT = Terms(+7, "Gives once.", max_amount=1, frequency=Once())
    FEE = Terms(-7, "Takes once a day.", max_amount=1, frequency=Daily())
    TICKET = Terms(-1, "Takes one alone.", max_amount=1)
    DUEL = Terms(-7, "Takes.", max_amount=100)
    REMATCH = Reversal(DUEL, "Gives back all.")
    PARTING = Reversal(DUEL, "Gives back a part.")
    THEFT = Reversal(LOOT, "Takes back what was given.")
    RETURN = Reversal(TICKET, "Gives back one alone.")
    MERCY = Reversal(DUEL, "Gives back, once.", max_amount=1, frequency=Once())
    CHAT = Terms(0, "Moves nothing.")
    SILENCE = Reversal(CHAT, "Takes back what moved nothing.")
    RELAPSE = Reversal(REMATCH, "Takes back what took back.")
    MATCH = Terms(-7, "Took.", retired=True)
    CONSOLATION = Reversal(MATCH, "Gives back what nobody can pay any more.")
    CONCESSION = Reversal(DUEL, "Gave back.", retired=True)


class TestConformance(Conformance):
    operations = OperationSet("imaginary", EveryOperation)
    test_the_api_posts_it = None  # type: ignore[assignment]  # it is not installed
