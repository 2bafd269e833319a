"""Counters in memory that all workers of a replica share. Pure Python: gunicorn imports it before it forks them."""

import fcntl
import mmap
import os
import tempfile
import time
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from threading import Lock

_ENTRY = Struct("=8sqq")  # the name, when its window ends, the count
_SETS, _COLUMNS, _WAYS = 2**12, 16, 4
_COLUMN = _WAYS * _ENTRY.size
_SET = _COLUMNS * _COLUMN
_USED = _SETS * _SET  # after the sets, one byte per column: whether a process has ever used it


class SharedCounters:
    """A table of fixed size, 6 MiB. Each process writes a column of its own and adds up the counters of all columns.

    So no process waits for another. Two that count at the same moment may both see the other's request, or neither: the
    limit is exact but for one request per process. A lock of the kernel would cost more: a thread would release
    Python's lock four times in each request. A column has sets of four counters. A new counter in a full set replaces
    the oldest one, and among the oldest the one with the lowest count.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.truncate(_USED + _COLUMNS)
            self._table = mmap.mmap(file.fileno(), 0)
            self._file = os.dup(file.fileno())  # open as long as the process runs
        self._threads = Lock()
        self._secret = os.urandom(32)  # so that nobody can choose names that share a set
        self._place_of = lru_cache(1000)(self._find_place)
        self._process, self._column = 0, 0

    def count_in(self, name: str, seconds: int) -> tuple[int, float]:
        """Count one request of the name in its window of `seconds`; return the count and the seconds that are left.

        Windows follow the clock, which all processes of a replica share.
        """
        now = time.time()
        ends = (int(now) // seconds + 1) * seconds
        return self.count(name, ends), ends - now

    def count(self, name: str, window_ends: int) -> int:
        """Count one request of the name in the window that ends at `window_ends` (epoch seconds); return the count."""
        owner, start = self._place_of(name)
        with self._threads:
            if self._process != os.getpid():
                self._claim_column()
            self._count(owner, window_ends, start + self._column * _COLUMN)
            columns = self._table.rfind(b"\1", _USED) - _USED + 1
            entries = _ENTRY.iter_unpack(self._table[start : start + columns * _COLUMN])
        return sum([used for found, ends, used in entries if found == owner and ends == window_ends])

    def _find_place(self, name: str) -> tuple[bytes, int]:
        """Return the hash of the name in the table, and the offset of its set."""
        digest = blake2b(name.encode(), digest_size=16, key=self._secret).digest()
        return digest[:8], int.from_bytes(digest[8:]) % _SETS * _SET

    def _count(self, owner: bytes, window_ends: int, column: int) -> None:
        entries = list(_ENTRY.iter_unpack(self._table[column : column + _COLUMN]))
        own = (way for way, (found, ends, _) in enumerate(entries) if found == owner and ends == window_ends)
        way = next(own, None)
        used = 0 if way is None else entries[way][2]
        if way is None:
            way = min(range(_WAYS), key=lambda other: entries[other][1:])
        _ENTRY.pack_into(self._table, column + way * _ENTRY.size, owner, window_ends, used + 1)

    def _claim_column(self) -> None:
        """Take a column that no running process uses. The kernel releases the lock on a column when its process ends.

        More than sixteen processes share the last column, and can lose a count when two write at once.
        """
        for column in range(_COLUMNS):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, column)
            except OSError:
                continue
            break
        self._process, self._column = os.getpid(), column
        self._table[_USED + column] = 1


SHARED = SharedCounters()
