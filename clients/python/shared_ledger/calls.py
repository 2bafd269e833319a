"""The calls of the API, for both Ledger and AsyncLedger: how to make each request and read its response."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from shared_ledger.checks import check, check_request
from shared_ledger.made.models import (
    Balance,
    Batch,
    BatchPreview,
    Entries,
    Entry,
    Explanation,
    Hold,
    HoldPreview,
    Holds,
    Item,
    Lots,
    Operation,
    Operations,
    Preview,
)

T = TypeVar("T")
Page = TypeVar("Page", Entries, Holds, Lots)


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


@dataclass(frozen=True)
class Held:
    """The hold of a request, as it is now. `replayed` is true if an earlier request had made it."""

    hold: Hold
    replayed: bool


def post(
    app: str,
    operation: str,
    *,
    owner_id: str,
    nonce: str,
    amount: int = 1,
    reverses: int | None = None,
    reference: str | None = None,
    metadata: dict[str, str] | None = None,
    to_owner_id: str | None = None,
    expires_in: int | None = None,
) -> Call[Posted]:
    """Post `amount` units of an operation. Raises LedgerError; see the README for its subclasses.

    Choose a new `nonce` for each new post, and use the same one for every retry, also after a crash. Derive it from
    the purpose of the operation, such as the number of an order. The client cannot choose it, since it does not know
    which calls are retries. `reference` is your own id of what the entry is about, and `metadata` has texts to store
    with it. `to_owner_id` is the owner who gets the credits of a transfer, whose entry is `.entry.other_side`.
    `expires_in` shortens the lifetime of credits that expire, in seconds.
    """
    item = Item(
        operation=operation,
        owner_id=owner_id,
        nonce=nonce,
        amount=amount,
        reverses=reverses,
        reference=reference,
        metadata=metadata,
        to_owner_id=to_owner_id,
        expires_in=expires_in,
    )
    check_request(item)
    return Call(_read_posted, "POST", f"/api/v1/{app}/ledger", body=msgspec.json.encode(item))


def preview(app: str, item: Item) -> Call[Preview]:
    """Return what `post` would post, or raise what it would raise, and post nothing."""
    check_request(item)
    body = msgspec.to_builtins(item) | {"dry_run": True}
    return Call(_reads(Preview), "POST", f"/api/v1/{app}/ledger", body=msgspec.json.encode(body))


def post_batch(app: str, items: Sequence[Item]) -> Call[Batch]:
    """Post up to 1,000 operations, all or none. `replayed` has the indices of items that were posted before."""
    return Call(_reads(Batch), "POST", f"/api/v1/{app}/batches", body=_batch(items))


def preview_batch(app: str, items: Sequence[Item]) -> Call[BatchPreview]:
    """Return what `post_batch` would post, or raise what it would raise, and post nothing."""
    return Call(_reads(BatchPreview), "POST", f"/api/v1/{app}/batches", body=_batch(items, dry_run=True))


def hold(
    app: str,
    operation: str,
    *,
    owner_id: str,
    nonce: str,
    amount: int = 1,
    expires_in: int | None = None,
    reference: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Call[Held]:
    """Hold the credits that `amount` units of a debit take, for `expires_in` seconds. Raises LedgerError.

    Nothing else can take them until the hold is captured or released, or expires. The nonce is as for `post`.
    """
    item = Item(
        operation=operation, owner_id=owner_id, nonce=nonce, amount=amount, reference=reference, metadata=metadata
    )
    return Call(_read_held, "POST", f"/api/v1/{app}/holds", body=_hold(item, expires_in))


def preview_hold(app: str, item: Item, *, expires_in: int | None = None) -> Call[HoldPreview]:
    """Return the hold that `hold` would make, or raise what it would raise, and hold nothing."""
    body = _hold(item, expires_in, dry_run=True)
    return Call(_reads(HoldPreview), "POST", f"/api/v1/{app}/holds", body=body)


def capture(app: str, hold_id: int, *, nonce: str, amount: int | None = None, final: bool = True) -> Call[Posted]:
    """Post the debit for `amount` units of a hold, or for all that are left. If `final`, the rest is released."""
    return _ending(app, hold_id, "capture", nonce=nonce, amount=amount, final=final)


def release(app: str, hold_id: int, *, nonce: str) -> Call[Posted]:
    """Give back what is left of a hold, so that it can be spent again."""
    return _ending(app, hold_id, "release", nonce=nonce)


def get_hold(app: str, hold_id: int) -> Call[Hold]:
    """Return a hold that the app has made, as it is now."""
    check("hold_id", hold_id)
    return Call(_reads(Hold), "GET", f"/api/v1/{app}/holds/{hold_id}")


def open_holds(app: str, owner_id: str) -> Call[Holds]:
    """Return the open holds that the app has made for the owner, newest first."""
    return Call(_reads(Holds), "GET", f"{_of_owner(app, owner_id)}/holds")


def lots(app: str, owner_id: str) -> Call[Lots]:
    """Return the owner's credits that expire, from all apps, in the order of their use."""
    return Call(_reads(Lots), "GET", f"{_of_owner(app, owner_id)}/lots")


def explanation(app: str, owner_id: str, *, all_apps: bool = False) -> Call[Explanation]:
    """Return the owner's balance, and what each operation of the app, or of all apps, has added or taken."""
    return Call(
        _reads(Explanation), "GET", f"{_of_owner(app, owner_id)}/explanation", {"scope": "all"} if all_apps else None
    )


def _hold(item: Item, expires_in: int | None, **fields: bool) -> bytes:
    check_request(item)
    lifetime = {} if expires_in is None else {"expires_in": expires_in}
    return msgspec.json.encode(msgspec.to_builtins(item) | lifetime | fields)


def _ending(app: str, hold_id: int, end: str, **body: str | int | bool | None) -> Call[Posted]:
    check("hold_id", hold_id)
    check("nonce", body["nonce"])
    return Call(_read_posted, "POST", f"/api/v1/{app}/holds/{hold_id}/{end}", body=msgspec.json.encode(body))


def _batch(items: Sequence[Item], **fields: bool) -> bytes:
    for index, item in enumerate(items):
        check_request(item, f"entries[{index}].")
    return msgspec.json.encode({"entries": items, **fields})


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


def following(page: Page) -> Call[Page] | None:
    """Return the call for the next page, if there is one."""
    return Call(_reads(type(page)), "GET", page.next) if page.next else None


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


def _read_held(response: httpx.Response) -> Held:
    return Held(_reads(Hold)(response), replayed="Idempotency-Replayed" in response.headers)


def _query(**parameters: str | datetime | None) -> dict[str, str]:
    given: dict[str, Any] = {name: value for name, value in parameters.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()}
