"""Series of Prometheus metrics, remembered by their labels."""

from functools import cache
from typing import TypeVar

from prometheus_client import Counter, Histogram

M = TypeVar("M", Counter, Histogram)


@cache  # without a limit: there are few series, one for each operation, error or route
def series(metric: M, *labels: str) -> M:
    """Return the series of the metric with these labels, as `metric.labels(*labels)` does under a lock."""
    return metric.labels(*labels)
