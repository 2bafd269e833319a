"""What can be asked of the ledger, and how it is read: each call once, for Ledger and AsyncLedger alike."""

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
    """A request, and how its answer is read."""

    read: Callable[[httpx.Response], T]
    method: str
    path: str
    query: dict[str, str] | None = None
    body: bytes | None = None


@dataclass(frozen=True)
class Posted:
    """An entry, and whether it is the answer to a retry: `replayed` says that an earlier request had posted it."""

    entry: Entry
    replayed: bool


def post(
    app: str, operation: str, *, owner_id: str, nonce: str, amount: int = 1, reverses: int | None = None
) -> Call[Posted]:
    """Post an operation.

    `nonce` is yours to choose: new for each operation that you intend, and the same whenever you ask for that one
    again, after a crash too. Take it from what the operation is for, such as an order's number. None is made here,
    since nobody but you knows what is a retry.
    """
    body = PostRequest(operation=operation, owner_id=owner_id, nonce=nonce, amount=amount, reverses=reverses)
    check_request(body)
    return Call(_read_posted, "POST", f"/api/v1/{app}/ledger", body=msgspec.json.encode(body))


def post_batch(app: str, requests: Sequence[PostRequest]) -> Call[Batch]:
    """Post up to a thousand operations, all or none of them; `replayed` has the indices of those posted before."""
    for index, request in enumerate(requests):
        check_request(request, f"entries[{index}].")
    body = msgspec.json.encode({"entries": requests})
    return Call(_reads(Batch), "POST", f"/api/v1/{app}/batches", body=body)


def balance(app: str, owner_id: str, *, at: datetime | None = None) -> Call[Balance]:
    """Read what the owner has, over all apps: now, or at a moment of the past."""
    return Call(_reads(Balance), "GET", _of_owner(app, owner_id), _query(at=at))


def entries(
    app: str,
    owner_id: str,
    *,
    operation: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Call[Entries]:
    """Read what the app has posted for the owner, newest first: `since` a moment, and before `until`."""
    path = f"{_of_owner(app, owner_id)}/entries"
    return Call(_reads(Entries), "GET", path, _query(operation=operation, since=since, until=until))


def following(page: Entries) -> Call[Entries] | None:
    """Return the call for the next page, if there is one."""
    return Call(_reads(Entries), "GET", page.next) if page.next else None


def entry(app: str, entry_id: int) -> Call[Entry]:
    """Read an entry that the app has posted."""
    check("entry_id", entry_id)
    return Call(_reads(Entry), "GET", f"/api/v1/{app}/entries/{entry_id}")


def operations(app: str) -> Call[list[Operation]]:
    """Read which operations the app can post, what each is worth, and their rules."""
    return Call(lambda answer: _reads(Operations)(answer).operations, "GET", f"/api/v1/{app}/operations")


def _of_owner(app: str, owner_id: str) -> str:
    check("owner_id", owner_id)
    return f"/api/v1/{app}/ledger/{quote(owner_id, safe='')}"


def _reads(kind: type[T]) -> Callable[[httpx.Response], T]:
    return lambda answer: msgspec.json.decode(answer.content, type=kind)


def _read_posted(answer: httpx.Response) -> Posted:
    return Posted(_reads(Entry)(answer), replayed="Idempotency-Replayed" in answer.headers)


def _query(**parameters: str | datetime | None) -> dict[str, str]:
    given: dict[str, Any] = {name: value for name, value in parameters.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()}
