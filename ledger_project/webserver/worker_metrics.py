"""Metrics of all workers of a replica, on one page: each time series has the number of its worker as a label."""

from typing import Any

from prometheus_client import values


def write_as(worker: int) -> None:
    """Make this process write its metrics as the worker with this number.

    Call it before any metric is made. No two running processes may have the same number. A worker that replaces a dead
    one has its number, not a new process id, so its counters continue and never decrease, and the number of files does
    not grow.
    """
    of_process = values.MultiProcessValue(lambda: worker)

    class OfWorker(of_process):  # type: ignore[misc, valid-type]
        def __init__(
            self, typ: Any, metric: Any, name: Any, labels: Any, given: Any, *args: Any, **kwargs: Any
        ) -> None:
            super().__init__(typ, metric, name, (*labels, "worker"), (*given, str(worker)), *args, **kwargs)

    values.ValueClass = OfWorker
