"""Counters in memory that all workers of a replica share. Pure Python: gunicorn loads it before it forks them."""

import fcntl
import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from struct import Struct
from threading import Lock

_ENTRY = Struct("=8sqq")  # whose it is, when its window ends, how many
_SETS, _WAYS = 2**14, 4  # 1.5 MiB for 65,536 counters at a time


class SharedCounters:
    """A table of fixed size, in sets of four counters: one more in a full set takes the place of the
    oldest, and of the least among these.

    A process that is killed holds no lock for good: the kernel's record locks end with it.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.truncate(_SETS * _WAYS * _ENTRY.size)
            self._table = mmap.mmap(file.fileno(), 0)
            self._file = os.dup(file.fileno())  # for as long as the process
        self._threads = Lock()
        self._secret = os.urandom(32)  # so that nobody can choose names that fall into one set

    def count(self, name: str, window_ends: int) -> int:
        """Count one more for the name in the window that ends then (seconds of the epoch); return how many it has."""
        digest = blake2b(name.encode(), digest_size=16, key=self._secret).digest()
        owner, number = digest[:8], int.from_bytes(digest[8:]) % _SETS
        with self._locked(number):
            places = range(number * _WAYS * _ENTRY.size, (number + 1) * _WAYS * _ENTRY.size, _ENTRY.size)
            entries = [(*_ENTRY.unpack_from(self._table, place), place) for place in places]
            for found, ends, used, place in entries:
                if found == owner and ends == window_ends:
                    _ENTRY.pack_into(self._table, place, owner, ends, used + 1)
                    return int(used) + 1
            *_, place = min(entries, key=lambda entry: entry[1:])
            _ENTRY.pack_into(self._table, place, owner, window_ends, 1)
            return 1

    @contextmanager
    def _locked(self, number: int) -> Iterator[None]:
        """Keep other threads, and other processes, from one set."""
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, number)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)


SHARED = SharedCounters()
