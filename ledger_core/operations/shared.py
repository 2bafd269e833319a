"""The operations that every app has."""

from ledger_core.operations.frequency import Daily, Once
from ledger_core.operations.kinds import Plain
from ledger_core.operations.operation import Operation


class SharedOperation(Operation):
    """The operations that every app has."""

    DAILY_REWARD = Plain(+1, "A reward for coming back, one a day.", max_amount=1, frequency=Daily())
    SIGNUP_CREDIT = Plain(+3, "A welcome, once.", max_amount=1, frequency=Once())
    CREDIT_SPEND = Plain(-1, "Credits spent.")
    CREDIT_ADD = Plain(+10, "Credits bought or given.")
