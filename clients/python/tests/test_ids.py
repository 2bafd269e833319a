"""Ids are checked before a request is sent: no id leads to another address, and each valid id reaches its owner."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ledger_project.tests.conftest import Service
from shared_ledger import AsyncLedger, InvalidRequest, Item, Ledger

NOWHERE = "http://127.0.0.1:9"  # nobody listens, so that a request would raise NoAnswer
NO_OWNERS: list[Any] = [
    "",
    ".",
    "..",
    "a/b",
    "/",
    "../content",
    "\0",
    "a\n",
    "\x7f",
    "\x85",
    "x" * 129,
    "\ud800",
    "\udcff",
]
NO_OWNERS += [None, 5, b"alice"]
NO_NONCES: list[Any] = ["", "\0", "a\n", "x" * 129, "\udcff", None, 5]
NO_ENTRIES: list[Any] = [0, -1, 2**63, True, 1.0, "1", "..", None]


def first(iterator: Any) -> Any:
    return next(iter(iterator))


def request(owner_id: Any = "alice", nonce: Any = "1") -> Item:
    return Item(operation="CREDIT_ADD", owner_id=owner_id, nonce=nonce)


OF_OWNER: list[Callable[[Ledger, Any], Any]] = [
    lambda ledger, owner: ledger.balance(owner),
    lambda ledger, owner: first(ledger.entries(owner)),
    lambda ledger, owner: ledger.post("CREDIT_ADD", owner_id=owner, nonce="1"),
]


def rejected(call: Callable[[], Any]) -> str:
    """Return the field that the call is rejected for."""
    with pytest.raises(InvalidRequest, match="Expected") as caught:
        call()
    assert (caught.value.status, caught.value.request_id) == (400, "")
    (error,) = caught.value.data["errors"]
    field: str = error["field"]
    assert str(caught.value) == f"{field}: {error['detail']}."
    return field


@pytest.mark.parametrize("owner", NO_OWNERS, ids=repr)
def test_an_owner_that_cannot_be_is_no_request(owner: Any) -> None:
    with Ledger(NOWHERE, key="key", app="content", patience=0) as ledger:
        assert {rejected(lambda: call(ledger, owner)) for call in OF_OWNER} == {"owner_id"}  # noqa: B023
        items = [request(), request(owner_id=owner)]
        assert rejected(lambda: ledger.post_batch(items)) == "entries[1].owner_id"


@pytest.mark.parametrize("nonce", NO_NONCES, ids=repr)
def test_a_nonce_that_cannot_be_is_no_request(nonce: Any) -> None:
    with Ledger(NOWHERE, key="key", app="content", patience=0) as ledger:
        assert rejected(lambda: ledger.post("CREDIT_ADD", owner_id="alice", nonce=nonce)) == "nonce"
        assert rejected(lambda: ledger.post_batch([request(nonce=nonce)])) == "entries[0].nonce"


@pytest.mark.parametrize("entry_id", NO_ENTRIES, ids=repr)
def test_an_entry_id_that_cannot_be_is_no_request(entry_id: Any) -> None:
    with Ledger(NOWHERE, key="key", app="content", patience=0) as ledger:
        assert rejected(lambda: ledger.entry(entry_id)) == "entry_id"


@pytest.mark.parametrize("app", ["", ".", "..", "a/b", "content/", "%2e", "a b", "\udcff"])
def test_an_app_that_cannot_be_is_no_client(app: str) -> None:
    for kind in (Ledger, AsyncLedger):
        with pytest.raises(ValueError, match="not the name of an app"):
            kind(NOWHERE, key="key", app=app)


def test_all_of_it_is_checked_for_asyncio_too() -> None:
    async def use() -> None:
        async with AsyncLedger(NOWHERE, key="key", app="content", patience=0) as ledger:
            for call in (ledger.balance("."), ledger.entry(0), ledger.post("CREDIT_ADD", owner_id="..", nonce="1")):
                with pytest.raises(InvalidRequest, match="Expected"):
                    await call
            with pytest.raises(InvalidRequest, match="Expected"):
                await anext(ledger.entries("."))

    asyncio.run(use())


@pytest.mark.service
@pytest.mark.parametrize(
    "owner", ["...", ".a", "%2e", "%2E%2e", "%2f", "%00", "%", "%%", "a%2Fb", "\\", ";", "*", "x" * 128]
)
def test_an_owner_that_looks_like_an_address_is_reached(ledger: Ledger, service: Service, owner: str) -> None:
    ledger.post_batch([Item(operation="CREDIT_ADD", owner_id=owner, nonce=str(n)) for n in range(101)])
    assert ledger.balance(owner).owner_id == owner
    assert [entry.owner_id for entry in ledger.entries(owner)] == [owner] * 101  # over two pages

    async def balance() -> str:
        async with AsyncLedger(service.url, key=service.key, app="content") as awaited:
            return (await awaited.balance(owner)).owner_id

    assert asyncio.run(balance()) == owner
