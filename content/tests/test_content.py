"""The content app: its operations, which keep the rules of the ledger."""

from content.operations import OPERATIONS, ContentOperation
from ledger_core.conformance import Conformance


class TestConformance(Conformance):
    operations = OPERATIONS


def test_creating_costs_five_and_reading_nothing() -> None:
    assert {operation.code: operation.value for operation in ContentOperation} == {
        "CONTENT_CREATION": -5,
        "CONTENT_ACCESS": 0,
        "TIP": -1,
    }
