"""An owner takes each slot of a claiming operation once: one in all, or one a day."""

from collections.abc import Sequence

from django.db.models import Max
from django.utils import timezone

from ledger_core.errors import LedgerError
from ledger_core.models import Entry
from ledger_core.operations.requests import Request
from ledger_core.rules.rule import ReversedEntries, Rule


class AlreadyClaimed(LedgerError):
    """The owner has already had this operation. `again_on` says when it is possible again; null means never."""

    code = "already-claimed"
    status = 409
    title = "The owner has already had this operation"
    remedy = (
        "Retry at or after `again_on`. If it is null, the owner can have the operation only once. Nothing was posted, "
        "so the nonce can be used again."
    )
    members = {"again_on": "2026-11-25T00:00:00Z"}


class ClaimRule(Rule):
    """The slots that the owners took last."""

    def __init__(self, requests: Sequence[Request], reversed_: ReversedEntries) -> None:
        self._now = timezone.now()
        claiming = [request for request in requests if request.item.operation.terms.claim]
        taken = (
            Entry.objects.filter(owner_id__in={request.item.owner_id for request in claiming}, claim__isnull=False)
            .values_list("owner_id", "app", "operation")
            .annotate(Max("created_on"))
        )
        self._taken = {(owner, app, code): moment for owner, app, code, moment in (taken if claiming else ())}

    def violation(self, request: Request) -> LedgerError | None:
        owner, operation = request.item.owner_id, request.item.operation
        if not (claim := operation.terms.claim):
            return None
        taken_on = self._taken.get((owner, request.app, operation.code))
        again = claim.again(taken_on) if taken_on else self._now
        if again and again <= self._now:
            return None
        when = f"again from {again:%Y-%m-%d %H:%M} UTC" if again else "only once"
        return AlreadyClaimed(f"{owner} has already had {operation.code}, which is possible {when}.", again_on=again)

    def apply(self, request: Request) -> None:
        self._taken[request.item.owner_id, request.app, request.item.operation.code] = self._now
