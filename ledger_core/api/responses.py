"""JSON responses."""

from collections.abc import Mapping

import msgspec
from django.http import HttpResponse

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
    response["X-Content-Type-Options"] = "nosniff"  # the only one of the browsers' security headers that JSON needs
    return response
