"""What the content platform posts."""

from ledger_core.operations import Operation, OperationSet, Terms


class ContentOperation(Operation):
    CONTENT_CREATION = Terms(-5, "Something was published.")
    CONTENT_ACCESS = Terms(0, "Something was read: recorded, and moves nothing.")


OPERATIONS = OperationSet("content", ContentOperation)
