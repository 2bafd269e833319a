"""No more units of an entry are reversed than it has, whoever asks."""

from collections.abc import Sequence

from ledger_core.errors import LedgerError
from ledger_core.models import Reversible
from ledger_core.operations.requests import Request
from ledger_core.rules.rule import ReversedEntries, Rule


class NotReversible(LedgerError):
    """The entry has fewer units left to reverse than the request asks for. `remaining` is how many."""

    code = "not-reversible"
    status = 409
    title = "Too few units are left to reverse"
    remedy = (
        "Ask for at most `remaining` units. If it is 0, check `reverses`: an entry that does not exist, or belongs to "
        "another owner, app or operation, has 0 units left."
    )
    members = {"remaining": 0}


class ReversalRule(Rule):
    """The units left to reverse of the entries that the requests name, before the first request and after each."""

    def __init__(self, requests: Sequence[Request], reversed_: ReversedEntries) -> None:
        self._entries = reversed_
        left = Reversible.objects.filter(pk__in=reversed_).values_list("entry_id", "remaining") if reversed_ else ()
        self._remaining = {pk: entry.amount for pk, entry in self._entries.items()} | dict(left)

    def violation(self, request: Request) -> LedgerError | None:
        item, reversed_operation = request.item, request.item.operation.reverses
        if item.reverses is None or reversed_operation is None:
            return None
        entry = self._entries.get(item.reverses)
        if entry is None or (entry.owner_id, entry.app, entry.operation) != (
            item.owner_id,
            request.app,
            reversed_operation.code,
        ):
            detail = f"{item.owner_id} has no {reversed_operation.code} entry with the id {item.reverses}."
            return NotReversible(detail, remaining=0)
        remaining = self._remaining[item.reverses]
        if item.amount > remaining:
            detail = f"{remaining} of the {entry.amount} units of entry {entry.pk} are left to reverse."
            return NotReversible(detail, remaining=remaining)
        return None

    def apply(self, request: Request) -> None:
        if request.item.reverses is not None:
            self._remaining[request.item.reverses] -= request.item.amount
