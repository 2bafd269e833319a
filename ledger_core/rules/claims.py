"""The rule of claims: an owner takes each claim once, such as `content:DAILY_REWARD:2026-11-25`."""

from ledger_core.errors import LedgerError
from ledger_core.models import constraints
from ledger_core.operations.drafts import Draft
from ledger_core.rules.rule import Explanations, Outcome


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


def _already_claimed(draft: Draft, outcome: Outcome) -> LedgerError:
    operation = draft.item.operation
    frequency = operation.kind.frequency
    again = frequency.again(outcome.claimed_on) if frequency and outcome.claimed_on else None
    when = f"again from {again:%Y-%m-%d %H:%M} UTC" if again else "only once"
    return AlreadyClaimed(
        f"{operation.code} was already posted for {draft.item.owner_id}. It is possible {when}.", again_on=again
    )


EXPLANATIONS: Explanations = {constraints.CLAIM_ONCE: _already_claimed}
