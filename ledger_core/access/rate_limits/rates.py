"""Rates, and how much of a rate is used. Pure Python, because the settings import it."""

import re
from typing import NamedTuple, Self

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Rate(NamedTuple):
    """A number of requests in a number of seconds."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the rate for a text like 1000/s, 500/m, 100/h or 50/d, or None for off. Raises ValueError."""
        if text == "off":
            return None
        if found := re.fullmatch(r"([1-9][0-9]{0,8})/([smhd])", text):
            return cls(int(found[1]), _SECONDS[found[2]])
        raise ValueError(f"A rate is written like 1000/s, with s, m, h or d, or off: not {text!r}.")


class Window(NamedTuple):
    """The current window of a client or an address, with this request counted."""

    limit: str
    rate: Rate
    used: int
    seconds_left: float

    @property
    def exceeded(self) -> bool:
        return self.used > self.rate.requests

    @property
    def retry_after(self) -> int:
        """The seconds until the next window, rounded up."""
        return int(self.seconds_left) + 1

    @property
    def headers(self) -> dict[str, str]:
        """The headers of draft-ietf-httpapi-ratelimit-headers-10."""
        remaining = max(0, self.rate.requests - self.used)
        return {
            "RateLimit-Policy": f'"{self.limit}";q={self.rate.requests};w={self.rate.seconds}',
            "RateLimit": f'"{self.limit}";r={remaining};t={self.retry_after}',
        }
