"""Counters in memory that all workers of a replica share. Pure Python: gunicorn loads it before it forks them."""

import fcntl
import mmap
import os
import tempfile
from hashlib import blake2b
from struct import Struct
from threading import Lock

_ENTRY = Struct("=8sqq")  # whose it is, when its window ends, how many
_SETS, _COLUMNS, _WAYS = 2**12, 16, 4
_COLUMN = _WAYS * _ENTRY.size
_SET = _COLUMNS * _COLUMN


class SharedCounters:
    """A table of fixed size, 6 MiB: every process writes a column of its own, and adds up what is in all of them.

    So no process waits for another, as it would with a lock of the kernel's, for which a thread lets go of Python
    four times in a request. A column has sets of four counters: one more in a full set takes the place of the oldest,
    and of the least among these.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.truncate(_SETS * _SET)
            self._table = mmap.mmap(file.fileno(), 0)
            self._file = os.dup(file.fileno())  # for as long as the process
        self._threads = Lock()
        self._secret = os.urandom(32)  # so that nobody can choose names that fall into one set
        self._process, self._column = 0, 0

    def count(self, name: str, window_ends: int) -> int:
        """Count one more for the name in the window that ends then (seconds of the epoch); return how many it has."""
        digest = blake2b(name.encode(), digest_size=16, key=self._secret).digest()
        owner, start = digest[:8], int.from_bytes(digest[8:]) % _SETS * _SET
        with self._threads:
            if self._process != os.getpid():
                self._claim_column()
            self._count(owner, window_ends, start + self._column * _COLUMN)
            entries = _ENTRY.iter_unpack(self._table[start : start + _SET])
        return sum(used for found, ends, used in entries if found == owner and ends == window_ends)

    def _count(self, owner: bytes, window_ends: int, column: int) -> None:
        places = range(column, column + _COLUMN, _ENTRY.size)
        entries = [(*_ENTRY.unpack_from(self._table, place), place) for place in places]
        for found, ends, used, place in entries:
            if found == owner and ends == window_ends:
                _ENTRY.pack_into(self._table, place, owner, ends, used + 1)
                return
        *_, place = min(entries, key=lambda entry: entry[1:])
        _ENTRY.pack_into(self._table, place, owner, window_ends, 1)

    def _claim_column(self) -> None:
        """Take a column that no living process has: the kernel's locks on them end with their processes.

        Beyond sixteen processes, they share the last column, and can lose a count that two make at once.
        """
        for column in range(_COLUMNS):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, column)
            except OSError:
                continue
            break
        self._process, self._column = os.getpid(), column


SHARED = SharedCounters()
