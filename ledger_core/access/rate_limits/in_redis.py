"""Counters in Redis, for all replicas."""

import logging
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ledger_core.access.rate_limits.in_memory import SharedCounters

_log = logging.getLogger("ledger.rate_limits")

_TIMEOUT = 0.1  # seconds; a rate limit is not worth a longer wait
_PAUSE = 5  # seconds without Redis after an error


class RedisCounters:
    """Counts for all replicas. While Redis is not available, each replica counts for itself, with `meanwhile`."""

    def __init__(self, url: str, *, meanwhile: SharedCounters) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, retry=Retry(NoBackoff(), 0)
        )
        self._meanwhile = meanwhile
        self._paused_until = 0.0

    def count_in(self, name: str, seconds: int) -> tuple[int, float]:
        """Count one request of the name in its window of `seconds`; return the count and the seconds that are left.

        A window begins with the first request and ends when its key in Redis expires, by Redis's clock. So differences
        between the clocks of replicas do not matter.
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
            _log.warning("Redis is not available, so each replica counts for itself: %s", error)
            return self._meanwhile.count_in(name, seconds)
