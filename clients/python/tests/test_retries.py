"""Which requests are retried, and that a post whose response is lost is posted once."""

import asyncio
import socket
import time

import httpx
import pytest

from ledger_project.tests.conftest import free_port
from shared_ledger import AsyncLedger, InsufficientBalance, Ledger, NoAnswer, OtherAnswer, clients
from shared_ledger.calls import operations
from shared_ledger.responses import read
from tests.conftest import LOST, Between

pytestmark = pytest.mark.service


def test_a_post_whose_answer_is_lost_is_asked_for_again_and_posted_once(ledger: Ledger, between: Between) -> None:
    between.faults = [LOST, LOST]
    with Ledger(between.url, key=between.service.key, app="content") as behind:
        posted = behind.post("CREDIT_ADD", owner_id="lost", nonce="lost-1")
    assert posted.replayed
    assert len(between.asked) == 3
    assert len(set(between.asked)) == 1  # identical, with the same nonce
    assert list(ledger.entries("lost")) == [posted.entry]


def test_so_it_is_where_the_answer_is_awaited(ledger: Ledger, between: Between) -> None:
    async def post() -> bool:
        async with AsyncLedger(between.url, key=between.service.key, app="content") as behind:
            return (await behind.post("CREDIT_ADD", owner_id="lost-async", nonce="1")).replayed

    between.faults = [LOST]
    assert asyncio.run(post())
    assert ledger.balance("lost-async").balance == 10


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_a_proxy_answers_in_its_place_is_asked_again(between: Between, status: int) -> None:
    between.faults = [status]
    with Ledger(between.url, key=between.service.key, app="content") as behind:
        assert not behind.post("CREDIT_ADD", owner_id="proxy", nonce=f"proxy-{status}").replayed
    assert len(between.asked) == 2


def test_a_refusal_is_final(between: Between) -> None:
    with Ledger(between.url, key=between.service.key, app="content") as behind, pytest.raises(InsufficientBalance):
        behind.post("CREDIT_SPEND", owner_id="poor", nonce="poor-1")
    assert len(between.asked) == 1


def test_another_servers_answer_is_final_too(between: Between) -> None:
    between.faults = [404]
    with Ledger(between.url, key=between.service.key, app="content") as behind, pytest.raises(OtherAnswer) as refused:
        behind.post("CREDIT_ADD", owner_id="nobody", nonce="nobody-1")
    assert refused.value.status == 404
    with pytest.raises(OtherAnswer):
        read(operations("content"), httpx.Response(200, content=b"<h1>Welcome</h1>"))


def test_who_is_told_when_to_come_again_waits_until_then(between: Between) -> None:
    between.faults = [429]
    start = time.monotonic()
    with Ledger(between.url, key=between.service.key, app="content") as behind:
        assert not behind.post("CREDIT_ADD", owner_id="often", nonce="often-1").replayed
    assert time.monotonic() - start > 1


def test_a_ledger_that_keeps_silent_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with (
            Ledger(address, key="any", app="content", patience=1) as ledger,
            pytest.raises(NoAnswer, match="timed out"),
        ):
            ledger.operations()
        silent.settimeout(1)
        for _ in range(2):
            silent.accept()[0].close()


def test_patience_has_an_end() -> None:
    start = time.monotonic()
    address = f"http://127.0.0.1:{free_port()}"
    with Ledger(address, key="any", app="content", patience=0.5) as nowhere, pytest.raises(NoAnswer, match="refused"):
        nowhere.post("CREDIT_ADD", owner_id="nowhere", nonce="1")
    assert time.monotonic() - start < 1
