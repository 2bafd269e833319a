"""The rule of nonces: an owner's nonce belongs to one request. A retry returns its entry, and others are rejected."""

from django.db import DataError, IntegrityError

from ledger_core.errors import LedgerError
from ledger_core.models import Entry, constraints
from ledger_core.operations.drafts import Draft
from ledger_core.postgresql.errors import constraint_of


class NonceReused(LedgerError):
    """The owner has used this nonce for a different request. `fields` lists what differs."""

    code = "nonce-reused"
    status = 409
    title = "The nonce belongs to another request"
    remedy = "For a new operation, choose a new nonce. For a retry, send exactly the first request again."
    members = {"fields": ["amount"]}


def is_nonce_used(error: DataError | IntegrityError) -> bool:
    """Return whether the database rejected a nonce that the owner has used before."""
    return constraint_of(error) == constraints.NONCE_ONCE


def difference(draft: Draft, earlier: Entry) -> NonceReused | None:
    """Return how the draft differs from the earlier entry with its nonce. None: it is a retry of the same request."""
    item = draft.item
    pairs = {
        "app": (draft.app, earlier.app),
        "operation": (item.operation.code, earlier.operation),
        "amount": (item.amount, earlier.amount),
        "reverses": (item.reverses, earlier.reverses_id),
    }
    fields = [field for field, (asked, posted) in pairs.items() if asked != posted]
    if not fields:
        return None
    detail = f"{item.owner_id} has used the nonce {item.nonce} with a different {' and '.join(fields)}."
    return NonceReused(detail, fields=fields)
