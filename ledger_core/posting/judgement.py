"""Why requests were refused: the constraint names the rule, and this what a caller wants to know of it.

Looked up after the refusal, and so of a moment later than it.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from django.db.models import Max
from django.utils import timezone

from ledger_core.errors import LedgerError
from ledger_core.models import Account, Entry, Reversible
from ledger_core.posting.refusals import AlreadyClaimed, BalanceTooLarge, InsufficientBalance, NotReversible
from ledger_core.posting.requests import Request
from ledger_core.values import MAX_CREDITS

Entries = Mapping[int, Entry]  # those that requests reverse, by id


class Judge(Protocol):
    def __init__(self, requests: Sequence[Request], reversed_: Entries) -> None: ...

    def judge(self, request: Request) -> LedgerError | None:
        """Return why the request cannot be had, after those that were counted."""

    def count(self, request: Request) -> None:
        """Take the request for posted."""


class Balances(Judge):
    """What the owners have, before the first of the requests and after each."""

    def __init__(self, requests: Sequence[Request], reversed_: Entries) -> None:
        self._reversed = reversed_
        owners = {request.item.owner_id for request in requests}
        self._balances = dict(Account.objects.filter(pk__in=owners).values_list("owner_id", "balance"))

    def judge(self, request: Request) -> LedgerError | None:
        item = request.item
        balance, delta = self._balances.get(item.owner_id, 0), self._delta(request)
        if balance + delta < 0:
            return InsufficientBalance(
                f"{item.owner_id} has {balance} credits, and {item.operation.code} × {item.amount} takes {-delta}.",
                balance=balance,
            )
        if balance + delta > MAX_CREDITS:
            return BalanceTooLarge(f"{item.owner_id} has {balance} credits, and cannot hold {delta} more.")
        return None

    def count(self, request: Request) -> None:
        owner_id = request.item.owner_id
        self._balances[owner_id] = self._balances.get(owner_id, 0) + self._delta(request)

    def _delta(self, request: Request) -> int:
        """Return what the request moves. What an entry that is not there moved, Reversals judges."""
        if request.delta is not None:
            return request.delta
        entry = self._reversed.get(request.item.reverses or 0)
        return -entry.delta // entry.amount * request.item.amount if entry else 0


class Claims(Judge):
    """The slots that the owners took last."""

    def __init__(self, requests: Sequence[Request], reversed_: Entries) -> None:
        self._now = timezone.now()
        claiming = [request for request in requests if request.item.operation.terms.claim]
        taken = (
            Entry.objects.filter(owner_id__in={request.item.owner_id for request in claiming}, claim__isnull=False)
            .values_list("owner_id", "app", "operation")
            .annotate(Max("created_on"))
        )
        self._taken = {(owner, app, code): moment for owner, app, code, moment in (taken if claiming else ())}

    def judge(self, request: Request) -> LedgerError | None:
        owner, operation = request.item.owner_id, request.item.operation
        if not (claim := operation.terms.claim):
            return None
        taken_on = self._taken.get((owner, request.app, operation.code))
        again = claim.again(taken_on) if taken_on else self._now
        if again and again <= self._now:
            return None
        when = f"It can be had again on {again:%Y-%m-%d at %H:%M} UTC." if again else "It can be had once."
        return AlreadyClaimed(f"{owner} has had {operation.code} already. {when}", again_on=again)

    def count(self, request: Request) -> None:
        self._taken[request.item.owner_id, request.app, request.item.operation.code] = self._now


class Reversals(Judge):
    """What is left of the entries that the requests reverse, before the first of the requests and after each."""

    def __init__(self, requests: Sequence[Request], reversed_: Entries) -> None:
        self._entries = reversed_
        left = Reversible.objects.filter(pk__in=reversed_).values_list("entry_id", "remaining") if reversed_ else ()
        self._remaining = {pk: entry.amount for pk, entry in self._entries.items()} | dict(left)

    def judge(self, request: Request) -> LedgerError | None:
        item, reversed_operation = request.item, request.item.operation.reverses
        if item.reverses is None or reversed_operation is None:
            return None
        entry = self._entries.get(item.reverses)
        if entry is None or (entry.owner_id, entry.app, entry.operation) != (
            item.owner_id,
            request.app,
            reversed_operation.code,
        ):
            detail = f"{item.owner_id} has no {reversed_operation.code} with the id {item.reverses}."
            return NotReversible(detail, remaining=0)
        remaining = self._remaining[item.reverses]
        if item.amount > remaining:
            detail = f"{remaining} of the {entry.amount} units of entry {entry.pk} are left to be reversed."
            return NotReversible(detail, remaining=remaining)
        return None

    def count(self, request: Request) -> None:
        if request.item.reverses is not None:
            self._remaining[request.item.reverses] -= request.item.amount


_JUDGES: Mapping[type[LedgerError], type[Judge]] = {
    InsufficientBalance: Balances,
    BalanceTooLarge: Balances,
    AlreadyClaimed: Claims,
    NotReversible: Reversals,
}


def explain(refusal: type[LedgerError], request: Request) -> LedgerError:
    """Return the refusal of one request with what there is to know of it."""
    error = _JUDGES[refusal]([request], _reversed_by([request])).judge(request)
    # Where the books have changed since, so that it could now be had, the refusal still was one.
    return error if isinstance(error, refusal) else refusal.by_docstring()


def judge_all(requests: Sequence[Request]) -> list[LedgerError | None]:
    """Return what each of the requests would be refused for, posted in turn after those before it that were not."""
    reversed_ = _reversed_by(requests)
    judges = [kind(requests, reversed_) for kind in (Claims, Reversals, Balances)]
    return [_judge_in_turn(judges, request) for request in requests]


def _reversed_by(requests: Sequence[Request]) -> Entries:
    ids = {request.item.reverses for request in requests if request.item.reverses is not None}
    return Entry.objects.in_bulk(ids) if ids else {}


def _judge_in_turn(judges: Sequence[Judge], request: Request) -> LedgerError | None:
    for judge in judges:
        if error := judge.judge(request):
            return error
    for judge in judges:
        judge.count(request)
    return None
