"""Transfers: what one owner gives, the other gets, and nothing is made or lost."""

from collections import Counter

import pytest

from ledger_core.conformance.base import OfAnApp, assert_ledger_is_correct, balance_of, cost
from ledger_core.conformance.races import AT_ONCE, at_once, kind_of
from ledger_core.errors import InvalidRequest
from ledger_core.models import Entry
from ledger_core.operations import Operation
from ledger_core.posting import Posted


@pytest.mark.django_db
class Transfers(OfAnApp):
    def test_it_moves_credits_from_owner_to_owner(self, transfer: Operation) -> None:
        self.fund("owner", transfer, 1)
        before = balance_of("owner")
        posted = self.post(transfer, "1", to_owner_id="friend")
        assert posted.other
        assert (posted.entry.owner_id, posted.other.owner_id) == ("owner", "friend")
        assert (posted.entry.counterparty, posted.other.counterparty) == ("friend", "owner")
        assert (posted.entry.transfer, posted.other.transfer) == (posted.other.pk, posted.entry.pk)
        assert posted.entry.delta == -posted.other.delta == -cost(transfer)
        assert (balance_of("owner"), balance_of("friend")) == (before - cost(transfer), cost(transfer))
        again = self.post(transfer, "1", to_owner_id="friend")
        assert (again.entry, again.other, again.replayed) == (posted.entry, posted.other, True)
        assert_ledger_is_correct()

    @pytest.mark.parametrize("to", [None, "owner", "a/b"])
    def test_it_names_another_owner(self, transfer: Operation, to: str | None) -> None:
        self.fund("owner", transfer, 1)
        with pytest.raises(InvalidRequest, match="to_owner_id"):
            self.post(transfer, "1", to_owner_id=to)
        assert not Entry.objects.filter(nonce="1").exists()

    @pytest.mark.django_db(transaction=True)
    def test_opposite_transfers_never_deadlock(self, transfer: Operation) -> None:
        owners = ("anna", "bert")
        for owner in owners:
            self.fund(owner, transfer, 1)
        total = sum(map(balance_of, owners))

        def send(n: int) -> list[Posted]:
            sender, receiver = owners[:: 1 if n % 2 else -1]
            return [self.post(transfer, f"{n}-{turn}", sender, to_owner_id=receiver) for turn in range(5)]

        outcomes = at_once([lambda n=n: send(n) for n in range(AT_ONCE)])  # type: ignore[misc]
        kinds = Counter("posted" if isinstance(outcome, list) else kind_of(outcome) for outcome in outcomes)
        assert kinds.keys() <= {"posted", "InsufficientBalance", "AlreadyClaimed"}
        assert sum(map(balance_of, owners)) == total
        assert_ledger_is_correct()
