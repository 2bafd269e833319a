"""Counting requests: in the replica, or for all replicas where Redis is configured."""

from django.conf import settings

from ledger_core.access.rate_limits.in_redis import RedisCounters
from ledger_core.access.rate_limits.rates import Rate, Window
from ledger_core.access.rate_limits.shared import SHARED

_COUNTERS = RedisCounters(settings.REDIS_URL, meanwhile=SHARED) if settings.REDIS_URL else SHARED


def count(limit: str, rate: Rate, who: str) -> Window:
    """Count a request of somebody against the limit of that name.

    At the turn of a window somebody may ask twice as often for a moment: the price of one number for each of them.
    """
    used, seconds_left = _COUNTERS.count_in(f"{limit} {who}", rate.seconds)
    return Window(limit, rate, used, seconds_left)
