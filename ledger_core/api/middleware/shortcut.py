"""The way of the API's requests to their views, past what only pages need."""

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from ledger_core.api.views import LedgerAPIView

# To post is one address, and what is asked often need not be looked for again. Nothing found is not kept.
_resolve = lru_cache(1000)(resolve)


def answer_api(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: call the view of a request of the API from here; all else goes on to the middleware of pages.

    Sessions, log-ins, messages, tokens against forged forms: the API has no use for them. What has come without TLS,
    where that is asked for, goes on as well, and is told to come again with it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return get_response(request)
        try:
            match = _resolve(request.path_info)
        except Resolver404:
            return get_response(request)
        if not issubclass(getattr(match.func, "cls", object), LedgerAPIView):
            return get_response(request)
        request.get_host()  # refuses a Host that is not served here
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response

    return middleware
