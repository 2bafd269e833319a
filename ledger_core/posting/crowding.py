"""A limit on how many of a worker's threads the posts of one owner occupy at once.

Posts of one owner wait for each other in the database, for the lock of the owner's account. While somebody else holds
that lock, in psql or in a migration, every post for the owner waits until `lock_timeout`. Without a limit forty such
posts occupy every thread, and the posts of all other owners wait behind them.

So each owner has places: half the threads of a worker, and at least one. A post for an owner whose places are taken
waits here, not in the database. It waits as long as the posts in those places are quick; once the oldest has taken
`PATIENCE` seconds, all others are rejected at once, with AccountLocked. The limit costs a busy owner no throughput: the
database executes one post of an owner at a time, and with two places the next one is there when the first ends.

A batch takes a place of each of its owners, all at the same moment, so that two batches cannot wait for each other.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Condition
from time import monotonic

from django.conf import settings

from ledger_core.errors import AccountLocked

# A post takes milliseconds; a batch of a thousand or a busy disk, a tenth of a second. While posts wait here other
# owners' may wait for a thread, so this is far below lock_timeout.
PATIENCE = 0.25


class Places:
    """The places of all owners in one process. Owners without a post in flight take no memory."""

    def __init__(self, threads: int | None) -> None:
        """`threads`: how many threads the process serves requests with. None: no limit."""
        self._each = max(1, threads // 2) if threads else None
        self._changed = Condition()
        self._since: dict[str, list[float]] = {}  # when the owner's posts in flight began, oldest first

    @contextmanager
    def taken(self, owners: Collection[str]) -> Iterator[None]:
        """Hold a place of each of the owners. Raises AccountLocked where one has none left, nor soon will have."""
        if self._each is None:
            yield
            return
        with self._changed:
            while remaining := self._seconds_to_wait(owners, self._each):
                self._changed.wait(remaining)
            began = monotonic()
            for owner in owners:
                self._since.setdefault(owner, []).append(began)
        try:
            yield
        finally:
            with self._changed:
                for owner in owners:
                    self._since[owner].remove(began)
                    if not self._since[owner]:
                        del self._since[owner]
                self._changed.notify_all()

    def _seconds_to_wait(self, owners: Collection[str], each: int) -> float:
        """Return how long the posts that are in the way may still take: 0 where none is."""
        crowded = [owner for owner in owners if len(self._since.get(owner, ())) >= each]
        if not crowded:
            return 0
        oldest, owner = min((self._since[owner][0], owner) for owner in crowded)
        remaining = oldest + PATIENCE - monotonic()
        if remaining <= 0:
            raise AccountLocked(
                f"Other posts for {owner} are waiting for its account. Nothing was posted; retry with the same nonce."
            )
        return remaining


PLACES = Places(settings.WEB_THREADS)
