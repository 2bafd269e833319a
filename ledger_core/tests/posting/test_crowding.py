"""Places of an owner's posts. No database."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from ledger_core.errors import AccountLocked
from ledger_core.posting.crowding import PATIENCE, Places


def take(places: Places, *owners: str) -> float:
    """Take places and give them back. Return the seconds that this took."""
    start = time.monotonic()
    with places.taken(owners):
        return time.monotonic() - start


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def test_posts_of_an_owner_take_half_the_threads_and_others_go_on() -> None:
    places = Places(4)
    with places.taken(["alice"]), places.taken(["alice"]):
        with pytest.raises(AccountLocked, match="alice") as locked:
            take(places, "alice")
        assert (locked.value.status, locked.value.retry_after) == (503, 1)
        assert take(places, "bob") < PATIENCE
    assert take(places, "alice") < PATIENCE


def test_once_posts_in_flight_are_slow_others_are_rejected_at_once() -> None:
    places = Places(2)
    with places.taken(["alice"]):
        time.sleep(PATIENCE)
        start = time.monotonic()
        for _ in range(100):
            with pytest.raises(AccountLocked):
                take(places, "alice")
        assert time.monotonic() - start < 100 * PATIENCE / 2  # none waited


def test_an_account_stays_locked_until_one_of_its_posts_is_quick() -> None:
    places = Places(4)
    with places.taken(["alice"]):
        with places.taken(["alice"]):
            time.sleep(PATIENCE)
            with pytest.raises(AccountLocked):
                take(places, "alice")
        # One has ended, as after lock_timeout, and another has its place.
        with places.taken(["alice"]):
            start = time.monotonic()
            for _ in range(100):
                with pytest.raises(AccountLocked):
                    take(places, "alice")
            assert time.monotonic() - start < 100 * PATIENCE / 2
        assert not places._posts["alice"].stuck  # because that one took less than PATIENCE
    assert places._posts == {}


def test_a_post_waits_for_a_place_that_is_given_back(pool: ThreadPoolExecutor) -> None:
    places = Places(2)
    with places.taken(["alice"]):
        waiting = pool.submit(take, places, "alice")
        time.sleep(PATIENCE / 20)
        assert not waiting.done()
    assert waiting.result() > PATIENCE / 40


def test_a_busy_owner_whose_posts_are_quick_loses_none(pool: ThreadPoolExecutor) -> None:
    places = Places(1)

    def post(_: int) -> None:
        with places.taken(["alice"]):
            time.sleep(0.001)

    list(pool.map(post, range(200)))
    assert places._posts == {}  # owners without a post take no memory


def test_a_batch_takes_a_place_of_each_owner_or_none() -> None:
    places = Places(2)
    with places.taken(["bob"]):
        with pytest.raises(AccountLocked, match="bob"):
            take(places, "alice", "bob", "carol")
        assert places._posts.keys() == {"bob"}
        assert take(places, "alice", "carol") < PATIENCE
    assert places._posts == {}


def test_a_process_that_serves_nobody_has_no_limit() -> None:
    places = Places(None)
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(places.taken(["alice"]))
