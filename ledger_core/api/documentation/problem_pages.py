"""Pages for people about each problem, at the address that its `type` gives, made of the error classes themselves."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import Http404
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ledger_core.api.documentation.rendered import RenderedView
from ledger_core.api.documents import Problem
from ledger_core.api.problems import problem
from ledger_core.errors import LedgerError

_REQUEST_ID = "0a9c4a3b5cf44a36a3f2c7be1de0f5ab"


class ProblemsPage(RenderedView):
    """All problems, by status."""

    def render(self, **in_path: Any) -> str:
        kinds = sorted(LedgerError.kinds(), key=lambda kind: (kind.status, kind.code))
        return render_to_string("ledger_core/problems.html", {"kinds": [_described(kind) for kind in kinds]})


class ProblemPage(RenderedView):
    """One problem: what it says, what to do about it, and a document of it."""

    def render(self, **in_path: Any) -> str:
        kind = next((kind for kind in LedgerError.kinds() if kind.code == in_path["code"]), None)
        if kind is None:
            raise Http404
        document = msgspec.structs.replace(problem(kind.example()), request_id=_REQUEST_ID)
        example = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
        context = {"kind": _described(kind), "members": list(_members(kind)), "example": example}
        return render_to_string("ledger_core/problem.html", context)


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
