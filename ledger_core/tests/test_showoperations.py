"""`manage.py showoperations`. No database."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

from ledger_core.plugins import ledger_apps

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "adding-an-app.md"


def test_every_operation_has_its_line_with_its_worth_and_rules() -> None:
    out = StringIO()
    call_command("showoperations", stdout=out)
    assert out.getvalue() in DOCUMENT.read_text()
    head, *lines = out.getvalue().splitlines()
    assert head.split() == ["app", "operation", "credits", "scope", "rules"]
    assert [line.split()[:2] for line in lines] == [
        [app.label, operation.code] for app in ledger_apps() for operation in app.operations
    ]
    assert [line.split(maxsplit=4)[2:] for line in lines if line.split()[0] == "ecommerce"] == [
        ["+1", "mint", "daily, 1 at once at most"],
        ["+3", "mint", "once, 1 at once at most"],
        ["-1", "post"],
        ["+10", "mint"],
        ["-10", "post"],
        ["–", "post", "reverses PURCHASE"],
    ]
