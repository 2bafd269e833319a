"""Documents and pages that are the same for everybody. Each process renders them once, and clients cache them."""

import gzip
import re
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.http import parse_etags
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from ledger_core.api.problems.http_errors import MethodNotAllowed, NotAcceptable
from ledger_core.api.problems.types import problem_response
from ledger_core.errors import LedgerError

# Matches gzip in Accept-Encoding, unless its weight is 0.
_GZIP = re.compile(r"(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document, uncompressed and compressed."""

    plain: bytes
    compressed: bytes
    digest: str

    @classmethod
    def of(cls, text: str) -> "Rendered":
        plain = text.encode()
        return cls(plain, gzip.compress(plain, mtime=0), sha256(plain).hexdigest()[:32])


@method_decorator(csrf_exempt, name="dispatch")  # it changes nothing, and rejects POST with 405
class RenderedView(View):
    """A view whose response depends only on the address. A subclass sets what it renders, and the media types."""

    http_method_names = ["get", "head"]
    media_types: tuple[str, ...] = ("text/html",)  # the first, unless the client prefers another
    max_age = 0  # seconds; 0 for pages, because they link to static files that an upgrade replaces

    # By address. Only addresses with a document are rendered, so the number is limited.
    _rendered: ClassVar[dict[str, Rendered]] = {}
    _rendering: ClassVar[Lock] = Lock()  # so that simultaneous first requests render once

    def render(self, **in_path: Any) -> str:
        """Return the document."""
        raise NotImplementedError

    def check(self, request: HttpRequest) -> None:
        """Raise LedgerError to reject the request."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except LedgerError as error:
            return problem_response(error)

    def get(self, request: HttpRequest, **in_path: Any) -> HttpResponse:
        self.check(request)
        media_type = request.get_preferred_type(list(self.media_types))
        if media_type is None:
            raise NotAcceptable.by_docstring()
        rendered = self._once(request.path_info, in_path)
        zipped = _GZIP.search(request.headers.get("Accept-Encoding", "")) is not None
        etag = f'"{rendered.digest}{"-gzip" if zipped else ""}"'  # a strong ETag: it identifies these bytes
        response = HttpResponse(content_type=media_type)
        response["ETag"] = etag
        response["Cache-Control"] = f"public, max-age={self.max_age}, must-revalidate"
        response["Vary"] = "Accept, Accept-Encoding"
        if _knows(request, etag):
            response.status_code = 304
            return response
        response.content = rendered.compressed if zipped else rendered.plain
        response["Content-Length"] = str(len(response.content))
        if zipped:
            response["Content-Encoding"] = "gzip"
        return response

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = problem_response(MethodNotAllowed.by_docstring())
        response["Allow"] = ", ".join(self.http_method_names).upper()
        return response

    def _once(self, address: str, in_path: dict[str, Any]) -> Rendered:
        if address not in self._rendered:
            with self._rendering:
                if address not in self._rendered:
                    self._rendered[address] = Rendered.of(self.render(**in_path))
        return self._rendered[address]


def _knows(request: HttpRequest, etag: str) -> bool:
    """Return whether the client already has these bytes. ETags are compared weakly (RFC 9110, 13.1.2)."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in [tag.removeprefix("W/") for tag in known]
