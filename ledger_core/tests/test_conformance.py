"""The conformance kit, with operations of every kind that an app can have."""

from ledger_core.claims import Daily, Once
from ledger_core.conformance import Conformance
from ledger_core.operations import Operation, OperationSet, Terms


class EveryOperation(Operation):
    LOOT = Terms(+7, "Gives, as much as is asked for.")
    GIFT = Terms(+7, "Gives once.", max_amount=1, claim=Once())
    FEE = Terms(-7, "Takes once a day.", max_amount=1, claim=Daily())
    TICKET = Terms(-1, "Takes one alone.", max_amount=1)
    DUEL = Terms(-7, "Takes.", max_amount=100)
    REMATCH = Terms(+7, "Gives back all.", reverses=DUEL)
    PARTING = Terms(+3, "Gives back a part.", reverses=DUEL)
    THEFT = Terms(-7, "Takes back what was given.", reverses=LOOT)
    RETURN = Terms(+1, "Gives back one alone.", reverses=TICKET)
    MERCY = Terms(+7, "Gives back, once.", reverses=DUEL, max_amount=1, claim=Once())
    CHAT = Terms(0, "Moves nothing.")
    SILENCE = Terms(0, "Takes back what moved nothing.", reverses=CHAT)


class TestConformance(Conformance):
    operations = OperationSet("imaginary", EveryOperation)
    test_its_api_posts_it = None  # type: ignore[assignment]  # it is not installed
