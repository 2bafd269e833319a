"""Pages for people about each problem, at the address that is the `type` of its documents."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import Http404
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ledger_core.api.documentation.rendered import RenderedView
from ledger_core.api.problems.registry import errors
from ledger_core.api.problems.types import Problem, problem_of, type_of
from ledger_core.errors import LedgerError

_REQUEST_ID = "0a9c4a3b5cf44a36a3f2c7be1de0f5ab"


class ProblemsPage(RenderedView):
    """The list of all problems, by status."""

    def render(self, **in_path: Any) -> str:
        kinds = sorted(errors(), key=lambda kind: (kind.status, kind.code))
        return render_to_string("ledger_core/problems.html", {"kinds": [_described(kind) for kind in kinds]})


class ProblemPage(RenderedView):
    """The page of one problem: what it means, what to do, and an example of its document."""

    def render(self, **in_path: Any) -> str:
        kind = errors().get(in_path["code"])
        if kind is None:
            raise Http404
        document = problem_of(kind.example()) | {"request_id": _REQUEST_ID}
        example = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
        context = {"kind": _described(kind), "members": list(_members(kind)), "example": example}
        return render_to_string("ledger_core/problem.html", context)


def _described(kind: type[LedgerError]) -> dict[str, Any]:
    return {
        "type": type_of(kind),
        "code": kind.code,
        "title": kind.title,
        "status": f"{kind.status} {HTTPStatus(kind.status).phrase}",
        "reason": _marked(kind.by_docstring().detail),
        "remedy": _marked(kind.remedy),
    }


def _members(kind: type[LedgerError]) -> Iterator[tuple[str, str]]:
    """Yield the name and the description of each further member. Only members of `Problem` have a description."""
    _, components = msgspec.json.schema_components([Problem])
    properties = components[Problem.__name__]["properties"]
    for name in kind.members:
        yield name, properties.get(name, {}).get("description", "")


def _marked(text: str) -> SafeString:
    """Return the text as HTML, with the parts between backticks as code."""
    parts = enumerate(text.split("`"))
    return format_html_join("", "{}", ((format_html("<code>{}</code>", part) if n % 2 else part,) for n, part in parts))
