"""Counting requests: for each replica, or for all replicas together if Redis is configured."""

from django.conf import settings

from ledger_core.access.rate_limits.in_memory import SHARED
from ledger_core.access.rate_limits.in_redis import RedisCounters
from ledger_core.access.rate_limits.rates import Rate, Window

_COUNTERS = RedisCounters(settings.REDIS_URL, meanwhile=SHARED) if settings.REDIS_URL else SHARED


def count_request(limit: str, rate: Rate, who: str) -> Window:
    """Count a request of `who` (a client's name or an address) against the limit of that name ("client", "address").

    Around the end of a window, twice the rate is possible for a moment. In return, each counter is a single number.
    """
    used, seconds_left = _COUNTERS.count_in(f"{limit} {who}", rate.seconds)
    return Window(limit, rate, used, seconds_left)
