"""Counters in Redis, for all replicas."""

import logging
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ledger_core.rate_limits.shared import SharedCounters

_log = logging.getLogger("ledger.rate_limits")

_TIMEOUT = 0.1  # seconds; the ledger waits no longer for a number that only protects it
_PAUSE = 5  # seconds without Redis, once it has failed


class RedisCounters:
    """Counts for all replicas. Without Redis requests go on, and are counted `meanwhile` in the replica."""

    def __init__(self, url: str, *, meanwhile: SharedCounters) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, retry=Retry(NoBackoff(), 0)
        )
        self._meanwhile = meanwhile
        self._paused_until = 0.0

    def count(self, name: str, window_ends: int) -> int:
        """Count one more for the name in the window that ends then (seconds of the epoch); return how many it has."""
        if time.monotonic() < self._paused_until:
            return self._meanwhile.count(name, window_ends)
        key = f"ledger:{name}:{window_ends}"
        try:
            both = self._redis.pipeline()
            both.incr(key)
            both.expireat(key, window_ends + 1)
            used, _ = both.execute()
            return int(used)
        except redis.RedisError as error:
            self._paused_until = time.monotonic() + _PAUSE
            _log.warning("Redis fails, and each replica counts for itself: %s", error)
            return self._meanwhile.count(name, window_ends)
