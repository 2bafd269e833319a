"""Counters in Redis, for all replicas."""

import logging
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ledger_core.access.rate_limits.shared import SharedCounters

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

    def count_in(self, name: str, seconds: int) -> tuple[int, float]:
        """Count one more for the name in its window of so many seconds; return how many it has, and the seconds left.

        A window begins with the first request, and ends with its key, by Redis's clock: what the clocks of replicas
        show makes no difference.
        """
        if time.monotonic() < self._paused_until:
            return self._meanwhile.count_in(name, seconds)
        key = f"ledger:{name}"
        try:
            together = self._redis.pipeline()
            together.incr(key)
            together.expire(key, seconds, nx=True)
            together.pttl(key)
            used, _, milliseconds_left = together.execute()
            return int(used), int(milliseconds_left) / 1000
        except redis.RedisError as error:
            self._paused_until = time.monotonic() + _PAUSE
            _log.warning("Redis fails, and each replica counts for itself: %s", error)
            return self._meanwhile.count_in(name, seconds)
