"""Metrics of all workers of a replica on one page, whichever of them answers: each series has its worker's number."""

from typing import Any

from prometheus_client import values


def write_as(worker: int) -> None:
    """Have this process write its metrics as the worker of that number, from where one before it left off.

    By its number and not its process id: a worker in a dead one's place goes on with its counters, which never fall,
    and the files are as many as there are workers, however often these are replaced. To be called before any metric
    is made; no two living processes may have one number.
    """
    of_process = values.MultiProcessValue(lambda: worker)

    class OfWorker(of_process):  # type: ignore[misc, valid-type]
        def __init__(
            self, typ: Any, metric: Any, name: Any, labels: Any, given: Any, *args: Any, **kwargs: Any
        ) -> None:
            super().__init__(typ, metric, name, (*labels, "worker"), (*given, str(worker)), *args, **kwargs)

    values.ValueClass = OfWorker
