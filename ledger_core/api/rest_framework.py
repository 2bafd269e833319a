"""How Django REST framework reads and names JSON. `requests.decoding` decodes it, and `responses` encodes it."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from ledger_core.api.problems.http_errors import BodyTooLarge, UnsupportedMediaType
from ledger_core.api.responses import JSON
from ledger_core.values import MAX_TEXT


class JSONParser(BaseParser):
    """Returns the body as bytes, once its size is known to be within limits. `requests.decoding` decodes it."""

    media_type = JSON

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        assert parser_context is not None  # noqa: S101
        _require_no_encoding(stream)
        limit: int = parser_context["view"].max_body
        # The stream is Django's request, which reads at most Content-Length bytes, always a number here.
        if int(stream.META.get("CONTENT_LENGTH") or 0) > limit:  # type: ignore[attr-defined]
            raise BodyTooLarge(f"A body for this path can have at most {limit // 1024} KiB.")
        return stream.body  # type: ignore[attr-defined]


def _require_no_encoding(request: Any) -> None:
    encodings: str = request.META.get("HTTP_CONTENT_ENCODING", "")
    if encodings.lower() not in ("", "identity"):
        raise UnsupportedMediaType(
            f"The body has the Content-Encoding {encodings[:MAX_TEXT]}. Send it uncompressed, without that header."
        )


class JSONRenderer(BaseRenderer):
    """Names the media type that DRF negotiates. It renders nothing: `responses.json_response` does."""

    media_type = JSON
    format = "json"
