"""`manage.py showoperations`. No database."""

import re
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from ledger_core.api.operation_documents import OperationDocument
from ledger_core.management.commands import showoperations
from ledger_core.plugins import ledger_apps
from ledger_core.tests.imaginary import FLEETING, FleetingOperation

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "adding-an-app.md"


def test_every_operation_has_its_line_with_its_worth_and_rules() -> None:
    out = StringIO()
    call_command("showoperations", stdout=out)
    head, *lines = out.getvalue().splitlines()
    (documented,) = re.findall(r"^app +operation .*?(?=^```)", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    shown = [line.split() for line in (head, *lines)]
    assert [line for line in map(str.split, documented.splitlines()) if line not in shown] == []
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


def test_operations_of_credits_that_expire_say_how_long_they_last(monkeypatch: pytest.MonkeyPatch) -> None:
    app = SimpleNamespace(label="imaginary_grants", operations=FLEETING)
    monkeypatch.setattr(showoperations, "ledger_apps", lambda: [app])
    out = StringIO()
    call_command("showoperations", stdout=out)
    rules = {line.split()[1]: line.split(maxsplit=4)[4] for line in out.getvalue().splitlines() if "expire" in line}
    assert rules == {
        "BONUS": "expires after 90 days",
        "COUPON": "expires after 30 days, priority 1",
        "TICKET_SWAP": "reverses TICKET, extends expired credits by 7 days",
    }


def test_the_api_says_it_in_seconds() -> None:
    extended = {operation.code: OperationDocument.of(operation).extends_by for operation in FleetingOperation}
    assert extended == dict.fromkeys(extended, None) | {"TICKET_SWAP": 7 * 24 * 60 * 60}
