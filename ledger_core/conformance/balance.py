"""The rule of balances: no debit takes more than the owner has."""

from collections import Counter

import pytest

from ledger_core.conformance.base import OfAnApp, assert_ledger_is_correct, balance_of, cost
from ledger_core.conformance.races import AT_ONCE, kind_of
from ledger_core.models import Entry
from ledger_core.operations import Operation
from ledger_core.posting import InsufficientBalance


@pytest.mark.django_db
class Balance(OfAnApp):
    def test_a_debit_beyond_the_balance_is_rejected(self, debit: Operation) -> None:
        with pytest.raises(InsufficientBalance):
            self.post(debit, "1", **self.fields(debit))
        assert not Entry.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_simultaneous_debits_never_exceed_the_balance(self, debit: Operation) -> None:
        self.fund("owner", debit, 2)
        balance = balance_of("owner") // cost(debit)
        amount = min(debit.max_amount, max(1, balance // 2))  # so that only a few of the debits can succeed
        taken = min(AT_ONCE, balance // amount)
        outcomes = self.race(debit, amount=amount, **self.fields(debit))
        assert Counter(map(kind_of, outcomes)) == Counter(posted=taken, InsufficientBalance=AT_ONCE - taken)
        assert_ledger_is_correct()
