"""The operations that every app has."""

from ledger_core.operations.frequency import Daily, Once
from ledger_core.operations.operation import Operation
from ledger_core.operations.terms import Terms


class SharedOperation(Operation):
    """The operations that every app has."""

    DAILY_REWARD = Terms(+1, "A reward for coming back, one a day.", max_amount=1, frequency=Daily())
    SIGNUP_CREDIT = Terms(+3, "A welcome, once.", max_amount=1, frequency=Once())
    CREDIT_SPEND = Terms(-1, "Credits spent.")
    CREDIT_ADD = Terms(+10, "Credits bought or given.")
