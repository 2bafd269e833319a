"""The tables of docs/api.md, docs/holds.md and docs/lots.md are those of the types and the error classes. No database.

WRITE_API_TABLES=1 writes them into the pages.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings

from ledger_core.api import owner_documents, response_types
from ledger_core.api.hold_documents import HoldDocument
from ledger_core.api.operation_documents import OperationDocument
from ledger_core.api.problems.registry import CORE_ERRORS
from ledger_core.api.problems.types import Problem
from ledger_core.api.requests import types

DOCS = Path(settings.BASE_DIR) / "docs"
BODIES: list[type[msgspec.Struct]] = [types.PostRequest, types.BatchRequest, types.HoldRequest]
QUERIES: list[type[msgspec.Struct]] = [
    types.LotsQuery,
    types.ExplanationQuery,
    types.BalanceQuery,
    types.EntriesQuery,
    types.AppEntriesQuery,
]
RESPONSES: list[type[msgspec.Struct]] = [
    response_types.EntryDocument,
    response_types.BatchDocument,
    owner_documents.BalanceDocument,
    owner_documents.LotDocument,
    owner_documents.ExplanationDocument,
    response_types.EntriesDocument,
    OperationDocument,
    HoldDocument,
    Problem,
]
NAMES = {
    "ItemRequest": "[item](#posting)",
    "EntryDocument": "[entry](#posting)",
    "FieldError": "`field`, `detail`",
    "ItemError": "`index`, `code`, `detail` and others",
    "Scope": "`read`, `read-all`, `post` or `mint`",
    "DrawnDocument": "`lot`, `credits`",
    "NextExpiryDocument": "`credits`, `expires_on`",
    "BalanceDocument": "[balance](api.md#reading-balances)",
    "SumDocument": "`app`, `operation`, `entries`, `credits`",
    "OthersDocument": "`entries`, `credits`",
    "HoldState": "`open`, `captured`, `released` or `expired`",
    "Order": "`newest_first` or `oldest_first`",
    "EntriesScope": "`app` or `all`",
}


def type_of(schema: dict[str, Any]) -> str:
    match schema:
        case {"$ref": reference}:
            return NAMES[reference.rpartition("/")[2]]
        case {"anyOf": members}:
            return " or ".join(map(type_of, members))
        case {"type": "array", "items": items}:
            return f"array of {type_of(items)}"
        case {"format": "date-time"}:
            return "time"
    return str(schema["type"])


def limits_of(schema: dict[str, Any]) -> Iterator[str]:
    for least, most, unit in (
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
        ("minimum", "maximum", ""),
    ):
        if least in schema:
            yield f"{schema[least]} to {schema[most]}{unit}"
    for member in schema.get("anyOf", ()):
        yield from limits_of(member)
    if schema.get("default") is not None:
        yield f"default {schema['default']}"


def fields(kind: type[msgspec.Struct]) -> str:
    schema = msgspec.json.schema_components([kind])[1][kind.__name__]
    rows = [("field", "type", "limits", "meaning")]
    for name, field in schema["properties"].items():
        if (kind, name) == (types.AppEntriesQuery, "metadata"):
            rows.append(("`metadata.{key}`", "string", "", field["description"]))
            continue
        limits = ["required"] if kind in BODIES and name in schema["required"] else []
        of_type = type_of(field).removesuffix(" or null" if kind in QUERIES else "")
        rows.append((f"`{name}`", of_type, ", ".join([*limits, *limits_of(field)]), field["description"]))
    return table(rows)


def problems() -> str:
    kinds = sorted(CORE_ERRORS, key=lambda kind: (kind.status, kind.code))
    rows = [(f"`{kind.code}`", str(kind.status), str(kind.__doc__), kind.remedy) for kind in kinds]
    return table([("code", "status", "message", "what to do"), *rows])


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return the table in Markdown, without columns that are empty."""
    head, *body = zip(*[column for column in zip(*rows, strict=True) if any(column[1:])], strict=True)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)).replace("|  |", "| |")


TABLES: dict[str, str] = {f"fields of {kind.__name__}": fields(kind) for kind in BODIES + QUERIES + RESPONSES} | {
    "problems": problems()
}
OF_HOLDS = {f"fields of {kind.__name__}" for kind in (types.HoldRequest, HoldDocument)}
OF_LOTS = {
    f"fields of {kind.__name__}"
    for kind in (
        types.LotsQuery,
        types.ExplanationQuery,
        owner_documents.LotDocument,
        owner_documents.ExplanationDocument,
    )
}
PAGES = {"api.md": TABLES.keys() - OF_HOLDS - OF_LOTS, "holds.md": OF_HOLDS, "lots.md": OF_LOTS}


def block(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name} -->\n)(.*?)\n?(<!-- end -->)", re.DOTALL)


@pytest.mark.parametrize(("page", "name"), [(page, name) for page, names in PAGES.items() for name in sorted(names)])
def test_the_guide_has_the_table(page: str, name: str) -> None:
    expected, text = TABLES[name], (DOCS / page).read_text()
    if os.environ.get("WRITE_API_TABLES"):
        text = block(name).sub(lambda found: f"{found[1]}{expected}\n{found[3]}", text)
        (DOCS / page).write_text(text)
    (found,) = block(name).findall(text)
    assert found[1] == expected, "The API has changed: WRITE_API_TABLES=1 pytest ledger_core/tests/api/test_guide.py"


@pytest.mark.parametrize("page", PAGES)
def test_the_guide_has_no_other_table_of_fields(page: str) -> None:
    assert set(re.findall(r"<!-- (.+) -->", (DOCS / page).read_text())) - {"end"} == PAGES[page]
