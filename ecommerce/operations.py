"""What the shop posts."""

from ledger_core.operations import Operation, OperationSet, Terms


class EcommerceOperation(Operation):
    PURCHASE = Terms(-10, "An item was bought.")
    REFUND_ITEM = Terms(+10, "A bought item was taken back.", reverses=PURCHASE)


OPERATIONS = OperationSet("ecommerce", EcommerceOperation)
