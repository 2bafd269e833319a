"""Rates, and what is left of one. Pure Python: the settings use it."""

import re
from typing import NamedTuple, Self

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Rate(NamedTuple):
    """So many requests in so many seconds."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the rate that is written like 1000/s, 500/m, 100/h or 50/d; None for off. Raises ValueError."""
        if text == "off":
            return None
        if found := re.fullmatch(r"([1-9][0-9]{0,8})/([smhd])", text):
            return cls(int(found[1]), _SECONDS[found[2]])
        raise ValueError(f"A rate is written like 1000/s, with s, m, h or d, or off: not {text!r}.")


class Window(NamedTuple):
    """What the window that is open now has seen of somebody, this request included."""

    limit: str
    rate: Rate
    used: int
    seconds_left: float

    @property
    def exceeded(self) -> bool:
        return self.used > self.rate.requests

    @property
    def retry_after(self) -> int:
        """Whole seconds, after which there is a new window."""
        return int(self.seconds_left) + 1

    @property
    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-10."""
        remaining = max(0, self.rate.requests - self.used)
        return {
            "RateLimit-Policy": f'"{self.limit}";q={self.rate.requests};w={self.rate.seconds}',
            "RateLimit": f'"{self.limit}";r={remaining};t={self.retry_after}',
        }
