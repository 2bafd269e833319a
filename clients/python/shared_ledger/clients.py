"""Ledger and AsyncLedger: the same calls, synchronous and for asyncio."""

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self

import httpx
from tenacity import AsyncRetrying, Retrying

from shared_ledger import calls
from shared_ledger.calls import Call, Page, T
from shared_ledger.made.models import Entries, Entry, Hold, Holds, Lot, Lots
from shared_ledger.responses import read, transport_errors
from shared_ledger.retries import within

P = ParamSpec("P")

# The ledger cancels a statement after 10 seconds, and its proxy waits for 15. So 20 seconds miss no response.
_TIMEOUT = httpx.Timeout(20, connect=5)


def _named(app: str) -> str:
    if not re.fullmatch("[a-z][a-z0-9_-]{0,63}", app):  # ".." would lead to another address
        raise ValueError(f"{app!r} is not the name of an app. Use the name in the API's addresses: /api/v1/content/.")
    return app


def _settings(url: str, key: str) -> dict[str, Any]:
    if not re.fullmatch(r"[!-~]+", key):  # httpx would also reject it, and show it
        raise ValueError("The key is empty, or has characters that are not allowed, such as a space or a line break.")
    if not re.match(r"https?://[^/]", url):
        raise ValueError(f"{url!r} is not a base URL, such as https://ledger.example.")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Accept": "application/json"}
    return {"base_url": url, "headers": headers, "timeout": _TIMEOUT}


# These functions turn a function of `calls` into a method, so that parameters and docstrings are written once.

_Waiting = Callable[Concatenate["Ledger", P], T]
_Awaited = Callable[Concatenate["AsyncLedger", P], Coroutine[Any, Any, T]]


def _waits(build: Callable[Concatenate[str, P], Call[T]]) -> _Waiting[P, T]:
    @wraps(build)
    def method(self: "Ledger", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._send(build(self.app, *args, **kwargs))

    return method


def _waits_for_pages(
    build: Callable[Concatenate[str, P], Call[Page]], items: Callable[[Page], list[T]]
) -> _Waiting[P, Iterator[T]]:
    @wraps(build)
    def method(self: "Ledger", /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        call: Call[Page] | None = build(self.app, *args, **kwargs)
        while call:
            page = self._send(call)
            yield from items(page)
            call = calls.following(page)

    return method


def _awaits(build: Callable[Concatenate[str, P], Call[T]]) -> _Awaited[P, T]:
    @wraps(build)
    async def method(self: "AsyncLedger", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._send(build(self.app, *args, **kwargs))

    return method


def _awaits_pages(
    build: Callable[Concatenate[str, P], Call[Page]], items: Callable[[Page], list[T]]
) -> Callable[Concatenate["AsyncLedger", P], AsyncIterator[T]]:
    @wraps(build)
    async def method(self: "AsyncLedger", /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        call: Call[Page] | None = build(self.app, *args, **kwargs)
        while call:
            page = await self._send(call)
            for item in items(page):
                yield item
            call = calls.following(page)

    return method


def _entries(page: Entries) -> list[Entry]:
    return page.entries


def _holds(page: Holds) -> list[Hold]:
    return page.holds


def _lots(page: Lots) -> list[Lot]:
    return page.lots


class Ledger:
    """The ledger at `url`, for one app.

    Requests that fail temporarily are retried for up to `patience` seconds. One instance is enough for a process:
    threads can share it, and it keeps its connections until `close`.
    """

    def __init__(self, url: str, *, key: str, app: str, patience: float = 30) -> None:
        self.app = _named(app)
        self._retries = within(patience)
        self._http = httpx.Client(**_settings(url, key))

    post = _waits(calls.post)
    post_batch = _waits(calls.post_batch)
    preview = _waits(calls.preview)
    preview_batch = _waits(calls.preview_batch)
    hold = _waits(calls.hold)
    preview_hold = _waits(calls.preview_hold)
    capture = _waits(calls.capture)
    release = _waits(calls.release)
    get_hold = _waits(calls.get_hold)
    open_holds = _waits_for_pages(calls.open_holds, _holds)
    lots = _waits_for_pages(calls.lots, _lots)
    explanation = _waits(calls.explanation)
    balance = _waits(calls.balance)
    entries = _waits_for_pages(calls.entries, _entries)
    entry = _waits(calls.entry)
    operations = _waits(calls.operations)

    def _send(self, call: Call[T]) -> T:
        result: T = Retrying(**self._retries)(self._send_once, call)
        return result

    def _send_once(self, call: Call[T]) -> T:
        with transport_errors():
            response = self._http.request(call.method, call.path, params=call.query, content=call.body)
        return read(call, response)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class AsyncLedger:
    """Ledger for asyncio: the same methods, to await."""

    def __init__(self, url: str, *, key: str, app: str, patience: float = 30) -> None:
        self.app = _named(app)
        self._retries = within(patience)
        self._http = httpx.AsyncClient(**_settings(url, key))

    post = _awaits(calls.post)
    post_batch = _awaits(calls.post_batch)
    preview = _awaits(calls.preview)
    preview_batch = _awaits(calls.preview_batch)
    hold = _awaits(calls.hold)
    preview_hold = _awaits(calls.preview_hold)
    capture = _awaits(calls.capture)
    release = _awaits(calls.release)
    get_hold = _awaits(calls.get_hold)
    open_holds = _awaits_pages(calls.open_holds, _holds)
    lots = _awaits_pages(calls.lots, _lots)
    explanation = _awaits(calls.explanation)
    balance = _awaits(calls.balance)
    entries = _awaits_pages(calls.entries, _entries)
    entry = _awaits(calls.entry)
    operations = _awaits(calls.operations)

    async def _send(self, call: Call[T]) -> T:
        result: T = await AsyncRetrying(**self._retries)(self._send_once, call)
        return result

    async def _send_once(self, call: Call[T]) -> T:
        with transport_errors():
            response = await self._http.request(call.method, call.path, params=call.query, content=call.body)
        return read(call, response)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()
