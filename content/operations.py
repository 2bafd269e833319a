"""The operations of the content platform."""

from ledger_core.operations import Operation, OperationSet, Terms


class ContentOperation(Operation):
    CONTENT_CREATION = Terms(-5, "Something was published.")
    CONTENT_ACCESS = Terms(0, "Something was read. Moves no credits.")


OPERATIONS = OperationSet("content", ContentOperation)
