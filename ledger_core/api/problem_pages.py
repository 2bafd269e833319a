"""Pages for people about each problem, at the address that its `type` gives, made of the error classes themselves."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import Http404
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.generic import TemplateView

from ledger_core.api.documents import Problem
from ledger_core.api.problems import problem
from ledger_core.errors import LedgerError

_REQUEST_ID = "0a9c4a3b5cf44a36a3f2c7be1de0f5ab"


class ProblemsPage(TemplateView):
    """All problems, by status."""

    template_name = "ledger_core/problems.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = sorted(LedgerError.kinds(), key=lambda kind: (kind.status, kind.code))
        return super().get_context_data(kinds=[_described(kind) for kind in kinds], **kwargs)


class ProblemPage(TemplateView):
    """One problem: what it says, what to do about it, and a document of it."""

    template_name = "ledger_core/problem.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kind = next((kind for kind in LedgerError.kinds() if kind.code == kwargs["code"]), None)
        if kind is None:
            raise Http404
        document = msgspec.structs.replace(problem(kind.example()), request_id=_REQUEST_ID)
        example = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
        return super().get_context_data(kind=_described(kind), members=list(_members(kind)), example=example, **kwargs)


def _described(kind: type[LedgerError]) -> dict[str, Any]:
    return {
        "type": problem(kind.example()).type,
        "code": kind.code,
        "title": kind.title,
        "status": f"{kind.status} {HTTPStatus(kind.status).phrase}",
        "reason": _marked(kind.by_docstring().detail),
        "remedy": _marked(kind.remedy),
    }


def _members(kind: type[LedgerError]) -> Iterator[tuple[str, str]]:
    """Yield the name and the description of each further member that its documents can have."""
    _, components = msgspec.json.schema_components([Problem])
    for name in kind.members:
        yield name, components[Problem.__name__]["properties"][name]["description"]


def _marked(text: str) -> SafeString:
    """Return the text with what stands between backticks as code."""
    parts = enumerate(text.split("`"))
    return format_html_join("", "{}", ((format_html("<code>{}</code>", part) if n % 2 else part,) for n, part in parts))
