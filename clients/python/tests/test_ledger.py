"""Every call of Ledger and AsyncLedger, against a running service."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ledger_project.tests.conftest import Service
from shared_ledger import AccountNotFound, AsyncLedger, InsufficientBalance, Item, Ledger, Scope

pytestmark = pytest.mark.service


def credits_for(owner: str, number: int) -> list[Item]:
    return [Item(operation="CREDIT_ADD", owner_id=owner, nonce=f"{owner}-{i}") for i in range(number)]


def test_a_post_is_answered_by_its_entry_and_a_retry_says_that_it_is_one(ledger: Ledger) -> None:
    posted = ledger.post("CREDIT_ADD", owner_id="posted", nonce="posted-1", amount=2)
    assert not posted.replayed
    assert (posted.entry.owner_id, posted.entry.delta, posted.entry.nonce) == ("posted", 20, "posted-1")
    again = ledger.post("CREDIT_ADD", owner_id="posted", nonce="posted-1", amount=2)
    assert again.replayed
    assert again.entry == posted.entry


def test_a_batch_says_which_of_it_was_posted_before(ledger: Ledger) -> None:
    items = credits_for("batch", 3)
    ledger.post("CREDIT_ADD", owner_id="batch", nonce=items[1].nonce)
    batch = ledger.post_batch(items)
    assert batch.replayed == [1]
    assert [entry.nonce for entry in batch.entries] == [item.nonce for item in items]
    assert ledger.balance("batch").balance == 30


def test_an_entry_has_a_reference_and_metadata(ledger: Ledger) -> None:
    posted = ledger.post("CREDIT_ADD", owner_id="noted", nonce="1", reference="order-7", metadata={"colour": "blue"})
    assert (posted.entry.reference, posted.entry.metadata) == ("order-7", {"colour": "blue"})
    item = Item(operation="CREDIT_ADD", owner_id="noted", nonce="2", reference="order-7", metadata={"colour": "red"})
    assert ledger.post_batch([item]).entries[0].metadata == {"colour": "red"}


def test_a_preview_posts_nothing(ledger: Ledger) -> None:
    items = credits_for("previewed", 2)
    assert ledger.preview(items[0]).balance_after == 10
    assert [entry.balance_after for entry in ledger.preview_batch(items).entries] == [10, 20]
    with pytest.raises(InsufficientBalance):
        ledger.preview(Item(operation="CREDIT_SPEND", owner_id="previewed", nonce="1"))
    with pytest.raises(AccountNotFound):
        ledger.balance("previewed")


def test_a_balance_is_of_now_or_of_a_moment(ledger: Ledger) -> None:
    first, second = ledger.post_batch(credits_for("balance", 2)).entries
    assert first.created_on == second.created_on
    third = ledger.post("CREDIT_SPEND", owner_id="balance", nonce="balance-3").entry
    now = ledger.balance("balance")
    assert (now.balance, now.seq, now.updated_on) == (19, 3, third.created_on)
    assert ledger.balance("balance", at=third.created_on - timedelta(microseconds=1)).balance == 20


def test_entries_come_newest_first_over_all_pages(ledger: Ledger) -> None:
    ledger.post_batch(credits_for("pages", 250))  # a page has a hundred entries
    assert [entry.seq for entry in ledger.entries("pages")] == list(range(250, 0, -1))


def test_entries_can_be_of_an_operation_and_of_a_time(ledger: Ledger) -> None:
    ledger.post_batch(credits_for("times", 2))
    spent = ledger.post("CREDIT_SPEND", owner_id="times", nonce="times-spent").entry
    assert list(ledger.entries("times", operation="CREDIT_SPEND")) == [spent]
    assert list(ledger.entries("times", since=spent.created_on)) == [spent]
    assert [entry.seq for entry in ledger.entries("times", until=spent.created_on)] == [2, 1]


def test_an_entry_is_found_by_its_id(ledger: Ledger) -> None:
    posted = ledger.post("CREDIT_ADD", owner_id="entry", nonce="entry-1").entry
    assert ledger.entry(posted.id) == posted


def test_an_entry_is_reversed_by_its_id(service: Service) -> None:
    with Ledger(service.url, key=service.key, app="ecommerce") as shop:
        shop.post("CREDIT_ADD", owner_id="refund", nonce="refund-1")
        bought = shop.post("PURCHASE", owner_id="refund", nonce="refund-2").entry
        refunded = shop.post("REFUND_ITEM", owner_id="refund", nonce="refund-3", reverses=bought.id).entry
    assert (refunded.reverses, refunded.balance_after) == (bought.id, 10)


def test_operations_are_those_of_the_app(ledger: Ledger) -> None:
    operations = {operation.operation: operation for operation in ledger.operations()}
    assert "CONTENT_ACCESS" in operations
    assert "PURCHASE" not in operations
    assert (operations["CREDIT_ADD"].value, operations["CREDIT_ADD"].scope) == (10, Scope.mint)


@pytest.mark.parametrize("owner", ["a b", "100%", "50%25", "who?", "#1", "Zoë", "a+b&c=d", "…"])
def test_an_owner_may_be_called_anything(ledger: Ledger, owner: str) -> None:
    ledger.post("CREDIT_ADD", owner_id=owner, nonce="named")
    assert ledger.balance(owner).owner_id == owner
    assert [entry.owner_id for entry in ledger.entries(owner)] == [owner]


def test_threads_may_share_it(ledger: Ledger) -> None:
    with ThreadPoolExecutor() as pool:
        posts = [pool.submit(ledger.post, "CREDIT_ADD", owner_id="threads", nonce=f"thread-{i}") for i in range(20)]
        assert sorted(post.result().entry.seq for post in posts) == list(range(1, 21))


def test_all_of_it_can_be_awaited(service: Service) -> None:
    async def use() -> None:
        async with AsyncLedger(service.url, key=service.key, app="content") as ledger:
            batch = await ledger.post_batch(credits_for("async", 150))
            posts = [ledger.post("CREDIT_SPEND", owner_id="async", nonce=f"spent-{i}") for i in range(10)]
            assert not any(posted.replayed for posted in await asyncio.gather(*posts))
            assert (await ledger.balance("async")).balance == 1490
            assert [entry.seq async for entry in ledger.entries("async")] == list(range(160, 0, -1))
            assert await ledger.entry(batch.entries[0].id) == batch.entries[0]
            assert len(await ledger.operations()) == 7

    asyncio.run(use())
