"""What is asked again, with the same nonce and so without harm, and for how long."""

from typing import Any

from tenacity import RetryCallState, retry_if_exception, stop_before_delay, wait_random_exponential

from shared_ledger.errors import LedgerError

# No answer; asked too often; and what the ledger and the proxies before it say when it is not there for the moment.
_PASSING = {0, 429, 502, 503, 504}

# At random, up to 0.2 seconds, then 0.4, 0.8 … 5: callers that failed together do not come back together.
_backoff = wait_random_exponential(multiplier=0.2, max=5)


def within(seconds: float) -> dict[str, Any]:
    """Return how tenacity is to retry: no attempt begins later than that many seconds after the first."""
    return {
        "retry": retry_if_exception(_passes),
        "wait": _pause,
        "stop": stop_before_delay(seconds),
        "reraise": True,
    }


def _passes(error: BaseException) -> bool:
    return isinstance(error, LedgerError) and error.status in _PASSING


def _pause(state: RetryCallState) -> float:
    """Wait for as long as Retry-After asks for, and some more."""
    error = state.outcome and state.outcome.exception()
    return (error.retry_after if isinstance(error, LedgerError) else 0) + _backoff(state)
