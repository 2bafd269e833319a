"""The operations of the content platform."""

from ledger_core.operations import Operation, OperationSet, Plain, Transfer


class ContentOperation(Operation):
    CONTENT_CREATION = Plain(-5, "Something was published.")
    CONTENT_ACCESS = Plain(0, "Something was read. Moves no credits.")
    TIP = Transfer(1, "A reader gave credits to an author.")


OPERATIONS = OperationSet("content", ContentOperation)
