"""What each trick of `ledger_core.speed` relies on: without it, the trick would change a result."""

import pkgutil
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.signals import post_init, pre_init
from django.test import RequestFactory
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from ledger_core import speed
from ledger_core.api.rest_framework import JSONParser, JSONRenderer
from ledger_core.models import Entry
from ledger_core.speed.instances import instances_of_rows
from ledger_core.speed.negotiation import Negotiation

JSON = "application/json"


def test_the_page_of_the_package_has_each_trick() -> None:
    described = set(re.findall(r"^    ([a-z_]+) +[0-9]", speed.__doc__ or "", re.MULTILINE))
    assert described == {module.name for module in pkgutil.iter_modules(speed.__path__)}


def test_the_page_of_the_package_says_where_the_others_are() -> None:
    places = re.findall(r"^    ([a-z_/]+[.]py), ([A-Za-z_]+) +[0-9]", speed.__doc__ or "", re.MULTILINE)
    core = Path(speed.__path__[0]).parent
    assert places
    assert [name for file, name in places if name not in (core / file).read_text()] == []


def test_no_cache_has_anything_to_close() -> None:
    assert {type(caches[alias]).close for alias in settings.CACHES} == {BaseCache.close}


def test_nothing_waits_for_the_signals_of_an_entry() -> None:
    assert Entry.__init__ is models.Model.__init__
    assert not pre_init.has_listeners(Entry)
    assert not post_init.has_listeners(Entry)


def test_an_entry_of_a_row_is_the_one_that_django_makes() -> None:
    now = datetime.now(UTC)
    columns = [field.attname for field in Entry._meta.concrete_fields]
    values = {
        "id": 1,
        "owner_id": "alice",
        "nonce": "n",
        "metadata": {"key": "value"},
        "created_on": now,
        "hash": b"hash",
    }
    row = [values.get(column) for column in columns]
    expected = models.Model.from_db.__func__(Entry, DEFAULT_DB_ALIAS, columns, row)  # type: ignore[attr-defined]
    for entry in (*instances_of_rows(Entry, [row]), Entry.from_db(DEFAULT_DB_ALIAS, columns, row)):
        assert _attributes(entry) == _attributes(expected)


def _attributes(entry: Entry) -> dict[str, object]:
    state = entry._state
    return vars(entry) | {"_state": (state.db, state.adding, state.fields_cache)}


def test_a_deferred_column_is_read_when_it_is_needed() -> None:
    entry = Entry.from_db(DEFAULT_DB_ALIAS, ["id", "seq"], [1, 2])
    assert entry.get_deferred_fields() == {field.attname for field in Entry._meta.concrete_fields} - {"id", "seq"}


@pytest.mark.parametrize("accept", [None, "*/*", JSON, f"{JSON}, */*", "text/html, */*;q=0.1"])
def test_the_short_way_of_negotiation_leads_where_the_long_one_does(accept: str | None) -> None:
    headers = {"Accept": accept} if accept else {}
    request = Request(RequestFactory().post("/", {}, content_type=JSON, headers=headers))
    parsers, renderers = [JSONParser()], [JSONRenderer()]
    short, long = Negotiation(), DefaultContentNegotiation()
    assert short.select_parser(request, parsers) is long.select_parser(request, parsers)
    assert short.select_renderer(request, renderers) == long.select_renderer(request, renderers)
