"""The rule of reversals: no more units of an entry are reversed than it has."""

from collections import Counter

import pytest

from ledger_core.conformance.base import OfAnApp, assert_ledger_is_correct
from ledger_core.conformance.races import AT_ONCE, kind_of
from ledger_core.errors import InvalidRequest
from ledger_core.models import Entry
from ledger_core.operations import Operation
from ledger_core.posting import NotReversible


@pytest.mark.django_db
class Reversals(OfAnApp):
    def test_a_reversal_of_too_many_units_is_rejected(self, reversal: Operation) -> None:
        request = self.prepared(reversal, units=2)
        units = Entry.objects.get(pk=request["reverses"]).amount
        for number in range(units):
            self.post(reversal, str(number), **request)
        with pytest.raises(NotReversible):
            self.post(reversal, "more", **request)
        assert_ledger_is_correct()

    def test_a_reversal_of_another_owners_entry_is_rejected(self, reversal: Operation) -> None:
        of_another = self.prepared(reversal, owner_id="another")["reverses"]
        self.fund("owner", reversal, 1)
        with pytest.raises(NotReversible):
            self.post(reversal, "1", reverses=of_another)

    def test_only_reversals_name_an_entry(self, operation: Operation) -> None:
        request = self.prepared(operation)
        reverses = None if operation.reversed_operation else 1
        with pytest.raises(InvalidRequest, match="reverses"):
            self.post(operation, "1", **request | {"reverses": reverses})

    @pytest.mark.django_db(transaction=True)
    def test_simultaneous_reversals_never_exceed_the_entry(self, reversal: Operation) -> None:
        request = self.prepared(reversal, units=2)
        units = Entry.objects.get(pk=request["reverses"]).amount
        outcomes = self.race(reversal, **request)
        assert Counter(map(kind_of, outcomes)) == {"posted": units, "NotReversible": AT_ONCE - units}
        assert_ledger_is_correct()
