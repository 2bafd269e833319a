"""The rule of claims: an owner takes each claim once."""

from collections import Counter

import pytest

from ledger_core.conformance.base import OfAnApp, assert_ledger_is_correct
from ledger_core.conformance.races import AT_ONCE, kind_of
from ledger_core.models import Entry
from ledger_core.operations import Operation
from ledger_core.posting import AlreadyClaimed


@pytest.mark.django_db
class Claims(OfAnApp):
    def test_a_claim_can_be_taken_once_in_its_period(self, claim: Operation) -> None:
        request = self.prepared(claim, units=2)
        self.post(claim, "1", **request)
        with pytest.raises(AlreadyClaimed):
            self.post(claim, "2", **request)
        assert Entry.objects.filter(owner_id="owner", operation=claim.code).count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_simultaneous_claims_succeed_once(self, claim: Operation) -> None:
        outcomes = self.race(claim, **self.prepared(claim, units=AT_ONCE))
        assert Counter(map(kind_of, outcomes)) == {"posted": 1, "AlreadyClaimed": AT_ONCE - 1}
        assert_ledger_is_correct()
