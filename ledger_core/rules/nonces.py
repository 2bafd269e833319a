"""An owner's nonce belongs to one request for good: a retry returns its entry, and another request is rejected."""

from ledger_core.errors import LedgerError
from ledger_core.models import Entry
from ledger_core.operations.requests import Request


class NonceReused(LedgerError):
    """The owner has used this nonce for a different request. `fields` lists what differs."""

    code = "nonce-reused"
    status = 409
    title = "The nonce belongs to another request"
    remedy = "For a new operation, choose a new nonce. For a retry, send exactly the first request again."
    members = {"fields": ["amount"]}


def difference(request: Request, earlier: Entry) -> NonceReused | None:
    """Return in what the entry differs from what this request would have posted; None for nothing."""
    mine = request.fields
    asked = {"app": "app", "operation": "operation", "amount": "amount", "reverses": "reverses_id"}
    differing = [name for name, column in asked.items() if getattr(earlier, column) != mine[column]]
    if not differing:
        return None
    owner_id, nonce = request.key
    detail = f"{owner_id} has used the nonce {nonce} with a different {' and '.join(differing)}."
    return NonceReused(detail, fields=differing)
