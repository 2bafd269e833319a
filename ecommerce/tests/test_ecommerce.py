"""The ecommerce app: its operations, which keep the rules of the ledger."""

from ecommerce.operations import OPERATIONS, EcommerceOperation
from ledger_core.conformance import Conformance


class TestConformance(Conformance):
    operations = OPERATIONS


def test_a_purchase_costs_ten_and_a_refund_gives_back_what_it_cost() -> None:
    assert {operation.code: operation.value for operation in EcommerceOperation} == {
        "PURCHASE": -10,
        "REFUND_ITEM": None,
        "PROMOTION": 5,
    }
    assert EcommerceOperation.REFUND_ITEM.reversed_operation is EcommerceOperation.PURCHASE
