"""The rate limit of each client, and the IP address that a request comes from."""

from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from ledger_core.access.rate_limits.counting import count_request
from ledger_core.access.rate_limits.rates import Window
from ledger_core.errors import LedgerError

# Parsing an address takes longer than counting it. The number of addresses is not limited, so the cache is.
_KNOWN_ADDRESSES = 1000


class TooManyRequests(LedgerError):
    """The rate limit is exceeded. The request was not processed; retry after Retry-After seconds."""

    code = "too-many-requests"
    status = 429
    title = "Too many requests"
    remedy = (
        "Wait `Retry-After` seconds, then retry. Responses to authenticated requests have the header `RateLimit`, "
        "which says how many requests are left. A batch counts as one request."
    )

    def __init__(self, detail: str, window: Window | None = None) -> None:
        super().__init__(detail)
        self._window = window

    @classmethod
    def of(cls, window: Window) -> "TooManyRequests":
        rate = window.rate
        return cls(f"This {window.limit} is limited to {rate.requests} requests in {rate.seconds} s.", window)

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self._window.retry_after), **self._window.headers} if self._window else {}


def address_of(request: HttpRequest) -> str | None:
    """Return the IP address that the request comes from, behind LEDGER_PROXIES proxies. A local socket has none.

    If X-Forwarded-For has no valid address, return the address of the last proxy.
    """
    proxies = api_settings.NUM_PROXIES
    # The same rule as in DRF's throttles, which are slower: they make a dictionary of all headers.
    if proxies and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
        given = [address for element in forwarded.split(",") if (address := _without_port(element))]
        if given and (known := _canonical(given[-min(proxies, len(given))])):
            return known
    return _canonical(request.META.get("REMOTE_ADDR", ""))


def _without_port(element: str) -> str:
    """Return the address in an element of X-Forwarded-For: some proxies write 1.2.3.4:5 or [2001:db8::1]:5."""
    text = element.strip()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


@lru_cache(_KNOWN_ADDRESSES)
def _canonical(text: str) -> str | None:
    try:
        address = ip_address(text.partition("%")[0])  # without the zone of a link-local address
    except ValueError:
        return None
    # A socket for both IPv4 and IPv6 reports an IPv4 address as ::ffff:1.2.3.4.
    return str(getattr(address, "ipv4_mapped", None) or address)


class ClientThrottle(BaseThrottle):
    """Rejects requests of a client beyond LEDGER_RATE_LIMIT, and gives the view the numbers for the headers."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if settings.RATE_LIMIT:
            client: Any = request.user
            view.window = count_request("client", settings.RATE_LIMIT, client.name)
            if view.window.exceeded:
                raise TooManyRequests.of(view.window)
        return True
