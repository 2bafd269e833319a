"""Paths that every reader reads in the same way."""

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")


def require_readable_paths(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer 400 where the path is not UTF-8, has a NUL, or a % without two digits.

    Django repairs such a path (`repercent_broken_unicode`): it would read `/ledger/%FF` as the address of the owner
    whose id is `%FF`, which is `/ledger/%25FF`. nginx rejects the NUL and the lone %.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path
        # What Django has repaired has a % then; few other paths have one.
        if "\0" in path or ("%" in path and not _is_readable(request)):
            raise BadRequest("The path cannot be read")
        return get_response(request)

    return middleware


def _is_readable(request: HttpRequest) -> bool:
    # As it was sent, which gunicorn tells: Django has put the repaired path in the place of PATH_INFO.
    path, _, _ = request.META.get("RAW_URI", "").partition("?")
    try:
        unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return False
    return not _BROKEN.search(path)
