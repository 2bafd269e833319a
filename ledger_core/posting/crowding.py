"""A limit on how many of a worker's threads the posts of one owner occupy at once.

Posts of one owner wait for each other in the database, for the lock of the owner's account. While psql or a migration
holds that lock, every post for the owner waits until `lock_timeout`. Without a limit, forty such posts would occupy
every thread, and the posts of all other owners would wait for a thread.

So each owner has places: half the threads of a worker, and at least one. A post for an owner without a free place
waits here, not in the database. Once the oldest post in a place has taken `PATIENCE` seconds, all waiting posts are
rejected with AccountLocked. New posts are then rejected at once, until one of the owner's posts takes less than
`PATIENCE` again. The limit costs a busy owner no throughput: the database executes one post of an owner at a time, and
with two places the next one is ready when the first ends.

A batch takes a place of each of its owners, all at the same moment, so that two batches cannot wait for each other.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Condition, Lock
from time import monotonic

from django.conf import settings
from msgspec import Struct

from ledger_core.errors import AccountLocked

# Seconds. A post takes milliseconds, a batch of a thousand a tenth of a second, and either half a second while the disk
# is busy: none of these means a locked account. When one is locked, other owners' posts may wait this long, once.
PATIENCE = 1.0


class _Posts(Struct):
    """The posts of an owner that hold a place."""

    began: list[float]  # monotonic times, oldest first
    stuck: bool = False


class Places:
    """The places of all owners in one process. Owners without a post take no memory."""

    def __init__(self, threads: int | None) -> None:
        """`threads` is the number of threads that serve requests in this process. None: no limit."""
        self._each = max(1, threads // 2) if threads else None
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._waiting = 0
        self._posts: dict[str, _Posts] = {}

    @contextmanager
    def taken(self, owners: Collection[str]) -> Iterator[None]:
        """Hold a place of each owner inside the context. Raises AccountLocked if an owner's places stay taken."""
        if self._each is None:
            yield
            return
        began = self.take(owners)
        try:
            yield
        finally:
            self.leave(owners, began)

    def take(self, owners: Collection[str]) -> float:
        """Take a place of each owner. Returns the time to give to `leave`. Raises AccountLocked as `taken` does."""
        with self._lock:
            while remaining := self._seconds_to_wait(owners):
                self._waiting += 1
                try:
                    self._changed.wait(remaining)
                finally:
                    self._waiting -= 1
            began = monotonic()
            for owner in owners:
                if posts := self._posts.get(owner):
                    posts.began.append(began)
                else:
                    self._posts[owner] = _Posts([began])
            return began

    def leave(self, owners: Collection[str], began: float) -> None:
        """Give back the places that were taken at the time `began`."""
        with self._lock:
            for owner in owners:
                posts = self._posts[owner]
                if len(posts.began) == 1:
                    del self._posts[owner]
                    continue
                posts.began.remove(began)
                if monotonic() < began + PATIENCE:
                    posts.stuck = False
            if self._waiting:
                self._changed.notify_all()

    def _seconds_to_wait(self, owners: Collection[str]) -> float:
        """Return the longest time to wait for places. 0: each owner has a free place. Raises AccountLocked."""
        seconds = 0.0
        for owner in owners:
            posts = self._posts.get(owner)
            if posts is None or len(posts.began) < (self._each or 0):
                continue
            remaining = posts.began[0] + PATIENCE - monotonic()
            if posts.stuck or remaining <= 0:
                posts.stuck = True
                raise AccountLocked(
                    f"Other posts for {owner} wait for its account. Nothing was posted; retry with the same nonce."
                )
            seconds = min(seconds or PATIENCE, remaining)
        return seconds


PLACES = Places(settings.WEB_THREADS)
