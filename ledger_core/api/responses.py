"""JSON responses."""

from collections.abc import Mapping
from hashlib import blake2b

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

JSON = "application/json"


def json_response(
    document: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
) -> HttpResponse:
    """Return the response with the document, as a response of Django: a DRF response would be rendered once more."""
    # The line break at the end puts the prompt after `curl` on a line of its own.
    body = msgspec.json.encode(document) + b"\n"
    response = HttpResponse(body, status=status, content_type=media_type, headers=headers)
    response["Content-Length"] = str(len(body))
    response["Cache-Control"] = "no-store"  # the next entry of any app changes it
    response["X-Content-Type-Options"] = "nosniff"  # the only one of the browsers' security headers that JSON needs
    return response


def conditional(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """Return the response with an ETag; 304 without a body if the client has this version (`If-None-Match`)."""
    response["ETag"] = etag = f'"{blake2b(response.content, digest_size=16).hexdigest()}"'
    if "HTTP_IF_NONE_MATCH" not in request.META:
        return response
    return get_conditional_response(request, etag=etag, response=response) or response
