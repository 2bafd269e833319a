"""Why requests were rejected: the constraint names the rule, and the rule says what a caller wants to know of it.

The rules read the ledger after the rejection, and so as of a later moment.
"""

from collections.abc import Mapping, Sequence

from ledger_core.errors import LedgerError
from ledger_core.models import Entry
from ledger_core.operations.requests import Request
from ledger_core.rules.balance import BalanceRule, BalanceTooLarge, InsufficientBalance
from ledger_core.rules.claims import AlreadyClaimed, ClaimRule
from ledger_core.rules.reversals import NotReversible, ReversalRule
from ledger_core.rules.rule import ReversedEntries, Rule

_RULES: Mapping[type[LedgerError], type[Rule]] = {
    InsufficientBalance: BalanceRule,
    BalanceTooLarge: BalanceRule,
    AlreadyClaimed: ClaimRule,
    NotReversible: ReversalRule,
}


def explain(refusal: type[LedgerError], request: Request) -> LedgerError:
    """Return the refusal of one request with its data."""
    violation = _RULES[refusal]([request], _reversed_by([request])).violation(request)
    # If the ledger has changed since, and would accept the request now, the refusal is still true of its moment.
    return violation if isinstance(violation, refusal) else refusal.by_docstring()


def explain_all(requests: Sequence[Request]) -> list[LedgerError | None]:
    """Return why each of the requests would be rejected, posted in turn after those before it that were accepted."""
    reversed_ = _reversed_by(requests)
    rules = [kind(requests, reversed_) for kind in (ClaimRule, ReversalRule, BalanceRule)]
    return [_post_in_turn(rules, request) for request in requests]


def _reversed_by(requests: Sequence[Request]) -> ReversedEntries:
    ids = {request.item.reverses for request in requests if request.item.reverses is not None}
    return Entry.objects.in_bulk(ids) if ids else {}


def _post_in_turn(rules: Sequence[Rule], request: Request) -> LedgerError | None:
    for rule in rules:
        if violation := rule.violation(request):
            return violation
    for rule in rules:
        rule.apply(request)
    return None
