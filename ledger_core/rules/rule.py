"""The shape of a rule: the database decides by it, and it explains why a draft was rejected."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from ledger_core.errors import LedgerError
from ledger_core.models import Entry
from ledger_core.operations.drafts import Draft

ReversedEntries = Mapping[int, Entry]  # the entries that drafts reverse, by id


class Rule(Protocol):
    """One rule. An instance holds what the rule needs to know of the ledger, for drafts that are posted in turn."""

    # The error of each of its constraints, by the constraint's name; by SQLSTATE where a column's type is the limit.
    errors: ClassVar[Mapping[str, type[LedgerError]]]

    def __init__(self, drafts: Sequence[Draft], reversed_: ReversedEntries) -> None:
        """Read what the ledger holds now for all drafts."""

    def violation(self, draft: Draft) -> LedgerError | None:
        """Return why the draft is rejected after the drafts that were applied. None: this rule accepts it."""

    def apply(self, draft: Draft) -> None:
        """Take the draft as posted."""
