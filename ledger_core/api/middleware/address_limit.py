"""The rate limit of each IP address, which comes before all other work on a request."""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ledger_core.access.rate_limits.counting import count_request
from ledger_core.access.throttling import TooManyRequests, address_of
from ledger_core.api.problems.types import problem_response


def limit_addresses(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: reject requests of an IP address beyond LEDGER_ADDRESS_RATE_LIMIT."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.ADDRESS_RATE_LIMIT:
            window = count_request("address", settings.ADDRESS_RATE_LIMIT, _network_of(address_of(request)))
            if window.exceeded:
                return problem_response(TooManyRequests.of(window))
        return get_response(request)

    return middleware


@lru_cache(1000)
def _network_of(address: str | None) -> str:
    # A host that has one IPv6 address has its complete /64 network, so the network is counted.
    return str(ip_network(f"{address}/64", strict=False)) if address and ":" in address else str(address)
