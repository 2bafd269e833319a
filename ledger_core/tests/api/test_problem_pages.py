"""Every problem has a page, at the address that is the type of its documents. No database and no key."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from ledger_core.api.problems.registry import errors
from ledger_core.api.problems.types import problem_response
from ledger_core.errors import LedgerError

KINDS = sorted(errors(), key=lambda kind: kind.code)
every_problem = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    return response.content.decode()


@every_problem
def test_the_type_of_a_problem_is_the_address_of_its_page(client: Client, kind: type[LedgerError]) -> None:
    document: dict[str, Any] = json.loads(problem_response(kind.example()).content)
    text = unescape(page(client, document["type"]))
    for part in (kind.code, kind.title, str(kind.status), *kind.members):
        assert part in text
    assert kind.remedy


@every_problem
def test_the_page_shows_a_document_of_the_problem(client: Client, kind: type[LedgerError]) -> None:
    text = page(client, f"/api/problems/{kind.code}")
    (example,) = re.findall(r"<pre><code>(.*?)</code></pre>", text, re.DOTALL)
    document = json.loads(unescape(example))
    assert (document["code"], document["status"], document["title"]) == (kind.code, kind.status, kind.title)
    assert kind.members.items() <= document.items()


def test_no_two_problems_have_one_code() -> None:
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_one_page_leads_to_all(client: Client) -> None:
    listed = re.findall(r'href="(/api/problems/[^"]+)"', page(client, "/api/problems"))
    assert sorted(listed) == sorted(f"/api/problems/{kind.code}" for kind in KINDS)


def test_what_nginx_tells_in_the_place_of_the_service_has_pages_too() -> None:
    nginx = Path(settings.BASE_DIR) / "nginx"
    maps = (nginx / "problems.conf").read_text().split("}\n")[:3]
    codes, titles, details = (dict(re.findall(r'^    (\w+) "?(.+?)"?;$', text, re.MULTILINE)) for text in maps)
    known = {kind.code: (str(kind.status), kind.title, kind.__doc__) for kind in KINDS}
    assert codes.keys() == titles.keys() == details.keys()
    for status, code in codes.items():
        assert known[code] == (status.replace("default", "500"), titles[status], details[status])
    # nginx uses the document for each of these statuses.
    pages = re.findall(r"^error_page ([\d ]+?)(?: =(\d+))? /problem;", (nginx / "problem_pages.conf").read_text(), re.M)
    shown = {status for own, other in pages for status in ([other] if other else own.split())}
    assert shown == {status.replace("default", "500") for status in codes}


def test_there_is_no_page_of_a_problem_that_there_is_not(client: Client) -> None:
    assert json.loads(client.get("/api/problems/no-luck").content)["code"] == "not-found"


@pytest.mark.parametrize("address", ["/api/problems", "/api/problems/not-found"])
def test_the_pages_have_nothing_inline_and_nothing_from_elsewhere(client: Client, address: str) -> None:
    response = client.get(address)
    text = response.content.decode()
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert not re.search(r"<(script|style)|\bstyle=|\bon\w+=", text)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert all(address.startswith("/") or address == "data:," for address in addresses)
    (sheet,) = [address for address in addresses if address.endswith(".css")]
    file = client.get(sheet)
    assert file.status_code == 200
    file.getvalue()  # reading to the end closes the file; close() would need a database
