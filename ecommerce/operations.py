"""What the shop posts."""

from ledger_core.operations import Operation, OperationSet, Reversal, Terms


class EcommerceOperation(Operation):
    PURCHASE = Terms(-10, "An item was bought.")
    REFUND_ITEM = Reversal(PURCHASE, "A bought item was taken back.")


OPERATIONS = OperationSet("ecommerce", EcommerceOperation)
