"""The rule of nonces: an owner's nonce belongs to one request."""

from collections import Counter

import pytest

from ledger_core.conformance.base import OfAnApp, assert_ledger_is_correct
from ledger_core.conformance.races import AT_ONCE, at_once, kind_of
from ledger_core.models import Entry
from ledger_core.operations import Operation, SharedOperation
from ledger_core.posting import NonceReused


@pytest.mark.django_db
class Nonces(OfAnApp):
    def test_a_repeated_request_is_posted_once(self, operation: Operation) -> None:
        request = self.prepared(operation)
        first, again = (self.post(operation, "1", **request) for _ in range(2))
        assert (first.replayed, again.replayed) == (False, True)
        assert again.entry == first.entry
        assert_ledger_is_correct()

    def test_a_nonce_belongs_to_one_request(self, operation: Operation) -> None:
        first = self.post(operation, "1", **self.prepared(operation)).entry
        with pytest.raises(NonceReused):
            self.post(SharedOperation.CREDIT_ADD, "1", amount=first.amount + 1)
        assert Entry.objects.filter(nonce="1").get() == first

    @pytest.mark.django_db(transaction=True)
    def test_simultaneous_requests_with_one_nonce_are_posted_once(self, operation: Operation) -> None:
        request = self.prepared(operation)
        outcomes = at_once([lambda: self.post(operation, "1", **request)] * AT_ONCE)
        assert Counter(map(kind_of, outcomes)) == {"posted": 1, "replayed": AT_ONCE - 1}
        assert_ledger_is_correct()

    @pytest.mark.django_db(transaction=True)
    def test_one_of_different_simultaneous_requests_gets_the_nonce(self) -> None:
        add = SharedOperation.CREDIT_ADD
        outcomes = at_once([lambda n=n: self.post(add, "1", amount=n + 1) for n in range(AT_ONCE)])  # type: ignore[misc]
        assert Counter(map(kind_of, outcomes)) == {"posted": 1, "NonceReused": AT_ONCE - 1}
        assert_ledger_is_correct()
