"""Numbers of workers, from 1 on: a worker that replaces a dead one gets its number."""

from itertools import count
from typing import Any


def free_number(arbiter: Any) -> int:
    """Return the lowest number that no running worker of gunicorn's arbiter has."""
    taken = {worker.number for worker in arbiter.WORKERS.values()}
    return next(number for number in count(1) if number not in taken)
