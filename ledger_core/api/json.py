"""JSON for DRF by msgspec, several times as fast as DRF's own: the types are those that the views work with."""

from collections.abc import Mapping
from typing import IO, Any

import msgspec
from django.http import HttpResponse
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from ledger_core.errors import LedgerError
from ledger_core.values import MAX_TEXT


class BodyTooLarge(LedgerError):
    """A body has 4 MiB at most."""

    code = "body-too-large"
    status = 413
    title = "The body is too large"
    remedy = "A body has 64 KiB at most, and that of a batch 4 MiB: send several batches."


class UnsupportedMediaType(LedgerError):
    """The body is not sent as JSON."""

    code = "unsupported-media-type"
    status = 415
    title = "Unsupported Media Type"
    remedy = "Send JSON, with `Content-Type: application/json` and without a `Content-Encoding`."


class JSONParser(BaseParser):
    """Lets JSON through as bytes, once its size is known to be within limits: `decode` knows the type."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        assert parser_context is not None  # noqa: S101
        _require_no_encoding(stream)
        limit: int = parser_context["view"].max_body
        # The stream is Django's request. It reads as much as is announced, and an announced length is a number.
        if int(stream.META.get("CONTENT_LENGTH") or 0) > limit:  # type: ignore[attr-defined]
            raise BodyTooLarge(f"A body has {limit // 1024} KiB at most here.")
        return stream.body  # type: ignore[attr-defined]


def _require_no_encoding(request: Any) -> None:
    encodings: str = request.META.get("HTTP_CONTENT_ENCODING", "")
    if encodings.lower() not in ("", "identity"):
        raise UnsupportedMediaType(
            f"The body has the Content-Encoding {encodings[:MAX_TEXT]}: send it as it is, without that header."
        )


class JSONRenderer(BaseRenderer):
    """Says what a client can have, for DRF to negotiate: `answer` writes it."""

    media_type = "application/json"
    format = "json"


class Negotiation(DefaultContentNegotiation):
    """DRF's, which parses every header anew, for those alone who send anything but what nearly all do."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        if request.content_type == JSONParser.media_type:
            return parsers[0]
        return super().select_parser(request, parsers)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        if request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", JSONRenderer.media_type):
            return renderers[0], JSONRenderer.media_type
        return super().select_renderer(request, renderers, format_suffix)


def answer(
    document: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSONRenderer.media_type,
) -> HttpResponse:
    """Return the answer that holds the document: Django's response, since nothing is left for DRF to render."""
    # With a line break for people: curl's next prompt is on a line of its own.
    body = msgspec.json.encode(document) + b"\n"
    response = HttpResponse(body, status=status, content_type=media_type, headers=headers)
    response["Content-Length"] = str(len(body))
    response["X-Content-Type-Options"] = "nosniff"  # of the headers for browsers, the one that JSON needs
    return response
