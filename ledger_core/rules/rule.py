"""What every rule is: it says why a request is rejected, as the ledger is after the requests before it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ledger_core.errors import LedgerError
from ledger_core.models import Entry
from ledger_core.operations.requests import Request

ReversedEntries = Mapping[int, Entry]  # the entries that requests reverse, by id


class Rule(Protocol):
    def __init__(self, requests: Sequence[Request], reversed_: ReversedEntries) -> None:
        """Read the rule's present state for all requests."""

    def violation(self, request: Request) -> LedgerError | None:
        """Return why the request is rejected, after those that were applied; None if this rule accepts it."""

    def apply(self, request: Request) -> None:
        """Count the request as posted."""
