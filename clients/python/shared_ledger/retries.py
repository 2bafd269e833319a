"""Which requests are retried, and for how long. Retries are safe because they have the same nonce."""

from typing import Any

from tenacity import RetryCallState, retry_if_exception, stop_before_delay, wait_random_exponential

from shared_ledger.errors import LedgerError

# No response (0), the rate limit, and a ledger that is temporarily unavailable, as it or a proxy reports it.
_TEMPORARY = {0, 429, 502, 503, 504}

# A random time of up to 0.2 seconds, then 0.4, 0.8 … 5, so that callers that failed together retry at different times.
_backoff = wait_random_exponential(multiplier=0.2, max=5)


def within(seconds: float) -> dict[str, Any]:
    """Return tenacity's settings: no attempt begins later than `seconds` after the first."""
    return {
        "retry": retry_if_exception(_is_temporary),
        "wait": _pause,
        "stop": stop_before_delay(seconds),
        "reraise": True,
    }


def _is_temporary(error: BaseException) -> bool:
    return isinstance(error, LedgerError) and error.status in _TEMPORARY


def _pause(state: RetryCallState) -> float:
    """Return the seconds to wait: those of Retry-After, and a random time."""
    error = state.outcome and state.outcome.exception()
    return (error.retry_after if isinstance(error, LedgerError) else 0) + _backoff(state)
