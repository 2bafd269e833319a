"""The OpenAPI documents, and the Swagger pages that show them."""

from typing import Any

import msgspec
from django.http import HttpRequest
from django.template.loader import render_to_string
from drf_spectacular.generators import SchemaGenerator

from ledger_core.api.documentation import structs
from ledger_core.api.documentation.rendered import RenderedView
from ledger_core.api.requests.queries import decode_query
from ledger_core.api.requests.types import NoQuery

__all__ = ["OpenAPIView", "SwaggerPage", "structs"]  # structs: drf-spectacular finds its extensions once imported


class OpenAPIView(RenderedView):
    """The OpenAPI document of the views at `patterns`."""

    media_types = ("application/json", "application/vnd.oai.openapi+json")
    max_age = 300
    patterns: Any = ()

    def check(self, request: HttpRequest) -> None:
        decode_query(request, NoQuery)

    def render(self, **in_path: Any) -> str:
        document = SchemaGenerator(patterns=self.patterns).get_schema(request=None, public=True)
        return msgspec.json.encode(document).decode() + "\n"


class SwaggerPage(RenderedView):
    """The Swagger page of the document at `url`."""

    url = ""

    def render(self, **in_path: Any) -> str:
        return render_to_string("ledger_core/swagger_ui.html", {"url": self.url})
