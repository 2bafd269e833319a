"""A shortcut from the API's requests to their views, around the middleware that only pages need."""

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from ledger_core.api.views import LedgerAPIView

# Few addresses get most requests: all posts of an app have the same one. Exceptions are not cached.
_resolve = lru_cache(1000)(resolve)


def serve_api(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: call the view of an API request directly. All other requests continue to the middleware of pages.

    The API does not need sessions, log-ins, messages and CSRF tokens. A request without TLS also continues if TLS is
    required, so that SecurityMiddleware redirects it.
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
        request.get_host()  # raises DisallowedHost unless ALLOWED_HOSTS has the Host
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response

    return middleware
