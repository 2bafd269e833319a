"""Posting many entries, all or none."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec
from django.db import DataError, IntegrityError

from ledger_core import metrics, sql
from ledger_core.errors import AccountLocked, InvalidRequest, LedgerError
from ledger_core.models import Entry
from ledger_core.operations import OperationSet, Own, SharedOperation
from ledger_core.posting.crowding import PLACES
from ledger_core.posting.judgement import judge_all
from ledger_core.posting.refusals import is_of_nonce, refusal_of
from ledger_core.posting.requests import Item, Key, Request, earlier_entries, fetch_entries
from ledger_core.posting.single import Posted

T = TypeVar("T")
R = TypeVar("R")

MAX_ITEMS = 1000  # one statement's locks are held for a few dozen milliseconds
_ATTEMPTS = 5

_POST_BATCH = sql.Statement("post_batch")


class BatchRefused(LedgerError):
    """Nothing of the batch was posted: `items` names each item at fault by its index, and why."""

    code = "batch-refused"
    status = 409
    title = "The batch was refused"
    remedy = "Mend the items at fault or leave them out, and send the others again: all their nonces are free."
    members = {
        "items": [
            {
                "index": 1,
                "code": "insufficient-balance",
                "detail": "alice has 10 credits, and PURCHASE × 2 takes 20.",
                "balance": 10,
            }
        ]
    }

    def __init__(self, detail: str, errors: Sequence[LedgerError | None] = ()) -> None:
        items = [
            {"index": index, "code": error.code, "detail": error.detail, **error.data}
            for index, error in enumerate(errors)
            if error
        ]
        super().__init__(detail, items=items)


class InvalidBatch(BatchRefused):
    """Items of the batch could not be posted to any books: `items` names each of them by its index, and why."""

    code = "invalid-batch"
    status = 400
    title = "Items of the batch are not valid"
    members = {"items": [{"index": 0, "code": "invalid-operation", "detail": "Invalid operation: PURCHSAE"}]}


def post_batch(
    operations: OperationSet[Own], items: Sequence[Item[SharedOperation | Own]], *, client: str = ""
) -> list[Posted]:
    """Post 1 to 1,000 items of an app, for any owners, all or none, and return what each came to, in their order.

    They are posted in turn: an owner's balance may not be below zero after any of them. An item whose request was
    posted before, by a batch or not, is a replay, and does not hinder the others. Raises InvalidRequest for no
    items or too many, InvalidBatch, BatchRefused, and AccountLocked
    where other transactions hold or change the accounts for too long.
    """
    if not 1 <= len(items) <= MAX_ITEMS:
        raise InvalidRequest.of_field("entries", f"Expected 1 to {MAX_ITEMS} of them")
    requests = each(lambda item: Request.of(operations, item, client), items)
    _require_different_nonces(requests)
    owners = {request.item.owner_id for request in requests}
    with PLACES.taken(owners), metrics.series(metrics.POST_SECONDS, operations.app, "batch").time():
        posted, earlier = _post(requests)
    deltas: dict[str, list[int]] = defaultdict(list)
    for entry in posted.values():
        deltas[entry.operation].append(entry.delta)
    for code, of_code in deltas.items():
        metrics.count_posted(operations.app, code, entries=len(of_code), credits_=sum(of_code))
    metrics.series(metrics.REPLAYS, operations.app).inc(len(earlier))
    entries = earlier | posted
    return [Posted(entries[request.key], replayed=request.key in earlier) for request in requests]


def each(make: Callable[[T], R], items: Iterable[T], refusal: type[BatchRefused] = InvalidBatch) -> list[R]:
    """Return what `make` makes of each item, or raise the refusal with what it raised for any of them."""
    made: list[R] = []
    errors: list[LedgerError | None] = []
    for item in items:
        try:
            made.append(make(item))
            errors.append(None)
        except LedgerError as error:
            errors.append(error)
    _raise_if_any(errors, refusal)
    return made


def _require_different_nonces(requests: Sequence[Request]) -> None:
    first: dict[Key, int] = {}

    def require(numbered: tuple[int, Request]) -> None:
        index, request = numbered
        if first.setdefault(request.key, index) != index:
            raise InvalidRequest.of_field("nonce", f"The same as that of item {first[request.key]}")

    each(require, enumerate(requests), BatchRefused)


def _post(requests: Sequence[Request]) -> tuple[dict[Key, Entry], dict[Key, Entry]]:
    """Return the entries that were posted now, and those that earlier requests had posted."""
    earlier = _retries_of_older_terms(requests)
    for _ in range(_ATTEMPTS):
        pending = [request for request in requests if request.key not in earlier]
        try:
            return _insert(pending), earlier
        except (DataError, IntegrityError) as error:
            if refusal_of(error) is None and not is_of_nonce(error):
                raise
            earlier = earlier_entries(requests)
            _raise_if_any(_judge(requests, earlier))
            # Nothing is at fault: items were posted before, and are replays; or others have changed the books
            # between the refusal and the look at them.
    raise AccountLocked("Other requests keep changing these accounts. Nothing was posted; retry with the same nonces.")


def _retries_of_older_terms(requests: Sequence[Request]) -> dict[Key, Entry]:
    """Return the entries of retries that the present terms of operations rule out. Raises InvalidBatch for new ones."""
    # The same operation and amount once: a batch has a thousand items, and few of these.
    different = {(request.item.operation.code, request.item.amount): request for request in requests}
    try:
        each(Request.require_postable, different.values())
    except InvalidBatch:
        earlier = earlier_entries(requests)
    else:
        return {}

    def require(request: Request) -> None:
        if request.key not in earlier:
            request.require_postable()

    each(require, requests)
    _raise_if_any(_judge(requests, earlier))
    return earlier


def _judge(requests: Sequence[Request], earlier: dict[Key, Entry]) -> list[LedgerError | None]:
    fresh = [request for request in requests if request.key not in earlier]
    verdicts = dict(zip((request.key for request in fresh), judge_all(fresh), strict=True))
    for request in requests:
        if request.key in earlier:
            verdicts[request.key] = request.difference(earlier[request.key])
    return [verdicts[request.key] for request in requests]


def _raise_if_any(errors: Sequence[LedgerError | None], refusal: type[BatchRefused] = BatchRefused) -> None:
    if count := len(errors) - errors.count(None):
        raise refusal(f"{count} of {len(errors)} items cannot be posted, and so none was.", errors)


def _insert(requests: Sequence[Request]) -> dict[Key, Entry]:
    if not requests:
        return {}
    items = msgspec.json.encode([request.fields for request in requests]).decode()
    entries = fetch_entries(_POST_BATCH, {"app": requests[0].app, "client": requests[0].client, "items": items})
    return {(entry.owner_id, entry.nonce): entry for entry in entries}
