"""The rule of nonces: an owner's nonce belongs to one request. A retry returns its entry, and others are rejected."""

from django.db import DataError, IntegrityError

from ledger_core.errors import LedgerError
from ledger_core.models import Entry, constraints
from ledger_core.operations.drafts import Draft, Drawing, Holding
from ledger_core.postgresql.errors import constraint_of


class NonceReused(LedgerError):
    """The owner has used this nonce for a different request. `fields` lists what differs."""

    code = "nonce-reused"
    status = 409
    title = "The nonce belongs to another request"
    remedy = "For a new post, choose a new nonce. For a retry, send the first request again, unchanged."
    members = {"fields": ["amount"]}


def is_nonce_used(error: DataError | IntegrityError) -> bool:
    """Return whether the database rejected a nonce that the owner has used before."""
    return constraint_of(error) == constraints.NONCE_ONCE


def difference(draft: Draft, earlier: Entry) -> NonceReused | None:
    """Return how the draft differs from the earlier entry with its nonce. None: it is a retry of the same request."""
    item, hold = draft.item, draft.hold
    pairs = {
        "app": (draft.app, earlier.app),
        "operation": (item.operation.code, earlier.operation),
        "amount": (item.amount, earlier.amount),
        "reverses": (item.reverses, earlier.reverses),
        "to_owner_id": (item.to_owner_id, _receiver(earlier)),
        "reference": (item.reference, earlier.reference),
        "metadata": (item.metadata, earlier.metadata),
        "hold": (hold.hold if isinstance(hold, Drawing) else None, earlier.hold),
        "expires_in": (hold.expires_in if isinstance(hold, Holding) else item.expires_in, _lifetime(earlier)),
    }
    if isinstance(hold, Holding):
        by_default = not hold.given and earlier.held > 0
    else:
        by_default = item.expires_in is None and earlier.priority is not None
    if by_default:
        del pairs["expires_in"]  # the default can have changed since
    if isinstance(hold, Drawing):
        del pairs["reference"]  # the entry has the reference of its hold
        pairs["final"] = (hold.final, earlier.expires_on is None)
        if hold.amount is None:
            del pairs["amount"]  # without an amount, a capture takes all units that are left
    fields = [field for field, (asked, posted) in pairs.items() if asked != posted]
    if not fields:
        return None
    detail = f"{item.owner_id} has used the nonce {item.nonce} with a different {' and '.join(fields)}."
    return NonceReused(detail, fields=fields)


def _receiver(entry: Entry) -> str | None:
    """Return who gets the credits of a transfer. None for other entries."""
    if entry.reverses or entry.transfer is None:
        return None
    return entry.counterparty if entry.delta < 0 else entry.owner_id


def _lifetime(entry: Entry) -> int | None:
    """Return the lifetime in seconds of a hold, or of credits that expire. None for other entries."""
    lasts = entry.held > 0 or entry.priority is not None
    return round((entry.expires_on - entry.created_on).total_seconds()) if lasts and entry.expires_on else None
