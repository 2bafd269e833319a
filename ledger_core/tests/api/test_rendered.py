"""Documents and pages under /api: each process renders them once, compressed, and clients cache them. No database."""

import gzip
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from ledger_core.api.documentation.rendered import RenderedView
from ledger_core.plugins import ledger_apps

DOCUMENTS = ["/api/openapi.json", *(f"/api/v1/{app.namespace}/openapi.json" for app in ledger_apps())]
PAGES = ["/api/docs", *(f"/api/v1/{app.namespace}/docs" for app in ledger_apps()), "/api/problems"]
PAGES += ["/api/problems/insufficient-balance"]
everywhere = pytest.mark.parametrize("address", [*DOCUMENTS, *PAGES])


def test_many_first_readers_wait_for_one_rendering() -> None:
    rendered = []
    together = Barrier(8)

    class Slow(RenderedView):
        def render(self, **in_path: Any) -> str:
            rendered.append(in_path)
            sleep(0.1)
            return "slow"

    def read(_: int) -> bytes:
        together.wait()
        return Slow.as_view()(RequestFactory().get("/slow")).content  # type: ignore[attr-defined,no-any-return]

    with ThreadPoolExecutor(8) as readers:
        assert set(readers.map(read, range(8))) == {b"slow"}
    assert rendered == [{}]


@everywhere
def test_a_client_that_has_it_already_gets_no_body(client: Client, address: str) -> None:
    first = client.get(address)
    etag = first["ETag"]
    assert etag.startswith('"')  # strong
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = client.get(address, headers={"If-None-Match": known})
        assert (response.status_code, response.content) == (304, b"")
        assert [response[name] for name in ("ETag", "Cache-Control", "Vary")] == [
            first[name] for name in ("ETag", "Cache-Control", "Vary")
        ]
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


@everywhere
def test_clients_may_keep_it_and_have_to_ask_again(client: Client, address: str) -> None:
    age = 300 if address in DOCUMENTS else 0  # an older page would load files that no longer exist
    assert client.get(address)["Cache-Control"] == f"public, max-age={age}, must-revalidate"


@everywhere
@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip;q=0.5, br", "br,GZIP ; q=1"])
def test_it_is_compressed_where_the_client_accepts_that(client: Client, address: str, accepted: str) -> None:
    plain, response = client.get(address), client.get(address, headers={"Accept-Encoding": accepted})
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == plain.content
    assert response["Content-Length"] == str(len(response.content))
    assert response["ETag"] != plain["ETag"]  # different bytes
    assert "Accept-Encoding" in response["Vary"]


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.00, br", "xgzip", "gzipped"])
def test_it_is_plain_where_the_client_does_not(client: Client, accepted: str) -> None:
    response = client.get(DOCUMENTS[0], headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in response
    assert json.loads(response.content)


def test_an_openapi_document_has_the_media_type_that_the_client_prefers(client: Client) -> None:
    own = "application/vnd.oai.openapi+json"
    assert client.get(DOCUMENTS[0])["Content-Type"] == "application/json"
    assert client.get(DOCUMENTS[0], headers={"Accept": own})["Content-Type"] == own
    assert client.get(DOCUMENTS[0], headers={"Accept": "image/png"}).status_code == 406


def test_an_openapi_document_rejects_parameters_and_a_page_ignores_them(client: Client) -> None:
    response = client.get(f"{DOCUMENTS[0]}?format=yaml")
    assert (response.status_code, json.loads(response.content)["errors"][0]["field"]) == (400, "format")
    assert client.get(f"{PAGES[0]}?utm_source=mail").status_code == 200


def test_every_replica_renders_the_same() -> None:
    """Otherwise each process would have its own ETag, and clients would get no 304."""
    program = (
        "import django; django.setup(); from django.test import Client;"
        f"print([Client().get(address)['ETag'] for address in {[*DOCUMENTS, *PAGES]}])"
    )
    said = set()
    for seed in ("1", "2"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "DJANGO_SETTINGS_MODULE": "ledger_project.settings",
            "ALLOWED_HOSTS": "testserver",
        }
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, cwd=settings.BASE_DIR, capture_output=True, check=True
        )
        said.add(done.stdout)
    assert len(said) == 1


def test_the_examples_of_problems_are_in_the_document_once(client: Client) -> None:
    document = client.get(DOCUMENTS[0]).content
    assert document.count(b'"code":"database-unavailable"') == 1
    assert len(document) < 150_000 * len(list(ledger_apps()))
