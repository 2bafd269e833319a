"""The calls of the API, for both Ledger and AsyncLedger: how to make each request and read its response."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from shared_ledger.checks import check, check_request
from shared_ledger.made.models import Balance, Batch, Entries, Entry, Operation, Operations, PostRequest

T = TypeVar("T")


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request, and how to read its response."""

    read: Callable[[httpx.Response], T]
    method: str
    path: str
    query: dict[str, str] | None = None
    body: bytes | None = None


@dataclass(frozen=True)
class Posted:
    """The entry of a post. `replayed` is true if an earlier request had posted it."""

    entry: Entry
    replayed: bool


def post(
    app: str, operation: str, *, owner_id: str, nonce: str, amount: int = 1, reverses: int | None = None
) -> Call[Posted]:
    """Post `amount` units of an operation. Raises LedgerError; see the README for its subclasses.

    Choose a new `nonce` for each operation, and use the same one for every retry, also after a crash. Derive it from
    the purpose of the operation, such as the number of an order. The client cannot choose it, since it does not know
    which calls are retries.
    """
    body = PostRequest(operation=operation, owner_id=owner_id, nonce=nonce, amount=amount, reverses=reverses)
    check_request(body)
    return Call(_read_posted, "POST", f"/api/v1/{app}/ledger", body=msgspec.json.encode(body))


def post_batch(app: str, requests: Sequence[PostRequest]) -> Call[Batch]:
    """Post up to 1,000 operations, all or none. `replayed` has the indices of items that were posted before."""
    for index, request in enumerate(requests):
        check_request(request, f"entries[{index}].")
    body = msgspec.json.encode({"entries": requests})
    return Call(_reads(Batch), "POST", f"/api/v1/{app}/batches", body=body)


def balance(app: str, owner_id: str, *, at: datetime | None = None) -> Call[Balance]:
    """Return the owner's balance over all apps, now or at the time `at`, a datetime with a time zone."""
    return Call(_reads(Balance), "GET", _of_owner(app, owner_id), _query(at=at))


def entries(
    app: str,
    owner_id: str,
    *,
    operation: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Call[Entries]:
    """Return the app's entries of the owner, newest first, posted at or after `since` and before `until`."""
    path = f"{_of_owner(app, owner_id)}/entries"
    return Call(_reads(Entries), "GET", path, _query(operation=operation, since=since, until=until))


def following(page: Entries) -> Call[Entries] | None:
    """Return the call for the next page, if there is one."""
    return Call(_reads(Entries), "GET", page.next) if page.next else None


def entry(app: str, entry_id: int) -> Call[Entry]:
    """Return an entry that the app has posted."""
    check("entry_id", entry_id)
    return Call(_reads(Entry), "GET", f"/api/v1/{app}/entries/{entry_id}")


def operations(app: str) -> Call[list[Operation]]:
    """Return the operations that the app can post, with their values and rules."""
    return Call(lambda response: _reads(Operations)(response).operations, "GET", f"/api/v1/{app}/operations")


def _of_owner(app: str, owner_id: str) -> str:
    check("owner_id", owner_id)
    return f"/api/v1/{app}/ledger/{quote(owner_id, safe='')}"


def _reads(kind: type[T]) -> Callable[[httpx.Response], T]:
    return lambda response: msgspec.json.decode(response.content, type=kind)


def _read_posted(response: httpx.Response) -> Posted:
    return Posted(_reads(Entry)(response), replayed="Idempotency-Replayed" in response.headers)


def _query(**parameters: str | datetime | None) -> dict[str, str]:
    given: dict[str, Any] = {name: value for name, value in parameters.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()}
