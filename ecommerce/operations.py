"""The operations of the shop."""

from ledger_core.operations import Operation, OperationSet, Plain, Reversal


class EcommerceOperation(Operation):
    PURCHASE = Plain(-10, "An item was bought.")
    REFUND_ITEM = Reversal(PURCHASE, "A bought item was returned.")


OPERATIONS = OperationSet("ecommerce", EcommerceOperation)
