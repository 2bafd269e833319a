"""Several requests at the same time, each on its own connection."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

from ledger_core.posting import Posted

T = TypeVar("T")
AT_ONCE = 8


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Make the calls at the same time, each on its own connection. Return what each returned or raised, in order."""
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        connection.ensure_connection()
        start.wait(timeout=30)
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def kind_of(outcome: Posted | Exception) -> str:
    """Return "posted", "replayed", or the name of the error."""
    if isinstance(outcome, Posted):
        return "replayed" if outcome.replayed else "posted"
    return type(outcome).__name__
