"""The rule of availability: a request has a highest amount, and a retired operation takes nothing new."""

import pytest

from ledger_core.conformance.base import OfAnApp, assert_ledger_is_correct, before_its_retirement
from ledger_core.errors import InvalidRequest
from ledger_core.operations import Operation
from ledger_core.posting import OperationRetired


@pytest.mark.django_db
class Availability(OfAnApp):
    def test_an_amount_beyond_the_maximum_is_rejected(self, operation: Operation) -> None:
        request = {"reverses": 1} if operation.reversed_operation else self.fields(operation)
        with pytest.raises(InvalidRequest, match="amount"):
            self.post(operation, "1", amount=operation.max_amount + 1, **request)

    def test_a_retired_operation_accepts_only_retries(self, retired: Operation) -> None:
        with before_its_retirement(retired):
            request = self.prepared(retired, units=2)
            first = self.post(retired, "1", **request)
        again = self.post(retired, "1", **request)
        assert (again.entry, again.replayed) == (first.entry, True)
        with pytest.raises(OperationRetired):
            self.post(retired, "2", **request)
        assert_ledger_is_correct()
