"""`manage.py showoperations`. No database."""

import re
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from ledger_core.plugins import ledger_apps

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "adding-an-app.md"


def test_every_operation_has_its_line_with_its_worth_and_rules() -> None:
    out = StringIO()
    call_command("showoperations", stdout=out)
    head, *lines = out.getvalue().splitlines()
    (documented,) = re.findall(r"^app +operation .*?(?=^```)", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    shown = [line.split() for line in (head, *lines)]
    assert [line.split() for line in documented.splitlines()] == shown[: len(documented.splitlines())]
    assert head.split() == ["app", "operation", "credits", "scope", "rules"]
    assert [line.split()[:2] for line in lines] == [
        [app.label, operation.code] for app in ledger_apps() for operation in app.operations
    ]
    assert [line.split(maxsplit=4)[2:] for line in lines if line.split()[0] == "ecommerce"] == [
        ["+1", "mint", "daily, at most 1 per request"],
        ["+3", "mint", "once, at most 1 per request"],
        ["-1", "post", "can be held"],
        ["+10", "mint"],
        ["-10", "post", "can be held"],
        ["–", "post", "reverses PURCHASE"],
        ["+5", "mint", "expires after 90 days"],
    ]
