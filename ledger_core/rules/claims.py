"""The rule of claims: an owner takes each claim once, such as `content:DAILY_REWARD:2026-11-25`."""

from collections.abc import Sequence

from django.db.models import Max
from django.utils import timezone

from ledger_core.errors import LedgerError
from ledger_core.models import Entry, constraints
from ledger_core.operations.drafts import Draft
from ledger_core.rules.rule import ReversedEntries, Rule


class AlreadyClaimed(LedgerError):
    """The operation was already posted for the owner. `again_on` is when it can be posted again; null means never."""

    code = "already-claimed"
    status = 409
    title = "Already posted in this period"
    remedy = (
        "Retry at or after `again_on`. If it is null, the operation can be posted only once per owner and app. Nothing "
        "was posted, so the nonce can be used again."
    )
    members = {"again_on": "2026-11-25T00:00:00Z"}


class ClaimRule(Rule):
    """Knows when the owners last took a claim of each operation."""

    errors = {constraints.CLAIM_ONCE: AlreadyClaimed}

    def __init__(self, drafts: Sequence[Draft], reversed_: ReversedEntries) -> None:
        self._now = timezone.now()
        claiming = [draft for draft in drafts if draft.item.operation.terms.frequency]
        taken = (
            Entry.objects.filter(owner_id__in={draft.item.owner_id for draft in claiming}, claim__isnull=False)
            .values_list("owner_id", "app", "operation")
            .annotate(Max("created_on"))
        )
        self._taken = {(owner, app, code): moment for owner, app, code, moment in (taken if claiming else ())}

    def violation(self, draft: Draft) -> LedgerError | None:
        owner, operation = draft.item.owner_id, draft.item.operation
        if not (frequency := operation.terms.frequency):
            return None
        taken_on = self._taken.get((owner, draft.app, operation.code))
        again = frequency.again(taken_on) if taken_on else self._now
        if again and again <= self._now:
            return None
        when = f"again from {again:%Y-%m-%d %H:%M} UTC" if again else "only once"
        return AlreadyClaimed(
            f"{operation.code} was already posted for {owner}. It is possible {when}.", again_on=again
        )

    def apply(self, draft: Draft) -> None:
        self._taken[draft.item.owner_id, draft.app, draft.item.operation.code] = self._now
