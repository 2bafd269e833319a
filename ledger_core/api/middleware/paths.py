"""Rejects paths that Django and other programs read differently."""

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")


def require_readable_paths(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: reject a path with 400 if it is not UTF-8, has a NUL, or has a % without two hexadecimal digits.

    Django repairs such a path (`repercent_broken_unicode`): it would read `/ledger/%FF` as the address of the owner
    `%FF`, which is `/ledger/%25FF`. nginx also rejects the NUL and the lone %.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path
        # A path that Django has repaired contains a %, as few other paths do.
        if "\0" in path or ("%" in path and not _is_readable(request)):
            raise BadRequest("The path cannot be read")
        return get_response(request)

    return middleware


def _is_readable(request: HttpRequest) -> bool:
    # RAW_URI, from gunicorn, is the path as it was sent. Django has replaced PATH_INFO with the repaired path.
    path, _, _ = request.META.get("RAW_URI", "").partition("?")
    try:
        unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return False
    return not _BROKEN.search(path)
