"""The operations of the shop."""

from datetime import timedelta

from ledger_core.operations import Grant, Operation, OperationSet, Plain, Reversal


class EcommerceOperation(Operation):
    PURCHASE = Plain(-10, "An item was bought.")
    REFUND_ITEM = Reversal(PURCHASE, "A bought item was returned.")
    PROMOTION = Grant(+5, "Credits of a promotion, which expire.", expires=timedelta(days=90))


OPERATIONS = OperationSet("ecommerce", EcommerceOperation)
