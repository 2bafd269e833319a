"""DRF's content negotiation, with a short way for the headers that nearly all clients send."""

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request


class Negotiation(DefaultContentNegotiation):
    """Chooses the first parser and the first renderer without parsing headers, if the headers name just these.

    DRF parses the headers of every request, which gives the same result.
    """

    def select_parser(self, request: Request, parsers: Any) -> Any:
        if request.content_type == parsers[0].media_type:
            return parsers[0]
        return super().select_parser(request, parsers)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        media_type = renderers[0].media_type
        if request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", media_type):
            return renderers[0], media_type
        return super().select_renderer(request, renderers, format_suffix)
