"""A shortcut from the API's requests to their views, around the middleware that only pages need."""

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

# Few addresses get most requests: all posts of an app have the same one. Exceptions are not cached.
_resolve = lru_cache(1000)(resolve)


def serve_api(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: call the view of an API request directly. All other requests continue to the middleware of pages.

    Views of the API are those whose class has `skips_page_middleware = True`. They do not need sessions, log-ins,
    messages and CSRF tokens. A request without TLS also continues if TLS is required, so that SecurityMiddleware
    redirects it.
    """
    import_module(settings.ROOT_URLCONF)  # the views, before gunicorn forks its workers, so that they share the memory

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return get_response(request)
        try:
            match = _resolve(request.path_info)
        except Resolver404:
            return get_response(request)
        if not getattr(getattr(match.func, "cls", None), "skips_page_middleware", False):
            return get_response(request)
        request.get_host()  # raises DisallowedHost unless ALLOWED_HOSTS has the Host
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response

    return middleware
