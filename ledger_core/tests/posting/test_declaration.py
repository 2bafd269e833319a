"""An entry is declared once, by its model. What lists its columns again is held against it here."""

import re
from datetime import datetime
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from msgspec import UnsetType

from ledger_core import sql
from ledger_core.api.response_types import EntryDocument
from ledger_core.import_export.records import Record
from ledger_core.models import ENTRY_COLUMNS, Account, Entry, OpenUnits

COLUMNS = ENTRY_COLUMNS.split(", ")
# What the balance says, a column that no operation uses so far, and the version of the canonical form.
NOT_IN_RESPONSES = {"held_after", "priority", "form"}
TYPES = {
    models.BigIntegerField: "bigint",
    models.SmallIntegerField: "smallint",
    models.TextField: "text",
    models.DateTimeField: "timestamp with time zone",
    models.BinaryField: "bytea",
    models.JSONField: "jsonb",
    ArrayField: "ARRAY",
    models.ForeignKey: "text",
    models.BigAutoField: "bigint",
    models.OneToOneField: "bigint",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "elsewhere"), [(Account, set()), (Entry, {"transaction_id"}), (OpenUnits, set())], ids=str
)
def test_the_table_has_the_columns_of_the_model(model: type[models.Model], elsewhere: set[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            # A type with limits that is based on another one is a text.
            "SELECT column_name, replace(data_type, 'USER-DEFINED', 'text'), is_nullable"
            " FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s",
            [model._meta.db_table],
        )
        table = {name: (kind, null == "YES") for name, kind, null in cursor.fetchall() if name not in elsewhere}
    assert table == {field.column: (TYPES[type(field)], field.null) for field in model._meta.concrete_fields}


def test_an_export_has_the_columns_of_the_model() -> None:
    assert list(Record.__struct_fields__) == COLUMNS
    hints = get_type_hints(Record)
    nullable = {name for name, kind in hints.items() if type(None) in get_args(kind)}
    assert nullable == {field.column for field in Entry._meta.concrete_fields if field.null}


def test_the_hash_covers_every_column_in_the_order_of_the_model() -> None:
    (form,) = re.findall(r"json_build_array\((.*?)\)::text", sql.load("migrations/0001_posting"), re.DOTALL)
    hashed = re.findall(r"entry\.(\w+)", form)
    assert hashed == ["form", *(name for name in COLUMNS if name not in ("form", "hash"))]


def test_a_response_has_columns_of_the_model_with_the_types_of_an_export() -> None:
    exported, shown = get_type_hints(Record), {f.name: f.type for f in msgspec.structs.fields(EntryDocument)}
    del shown["other_side"]  # another entry
    del exported["drawn"], shown["drawn"]  # which a response shows by name
    assert shown.keys() == exported.keys() - NOT_IN_RESPONSES
    assert {name: plain(kind) for name, kind in shown.items()} == {
        name: plain(kind) for name, kind in exported.items() if name in shown
    } | {"held": {int, NoneType}}  # entries that hold nothing do not show it


def plain(kind: Any) -> Any:
    """Return the type without what is said of it."""
    while hasattr(kind, "__metadata__"):
        kind = get_args(kind)[0]
    if {NoneType, UnsetType} & set(get_args(kind)):
        return {NoneType if part is UnsetType else plain(part) for part in get_args(kind)}
    return get_origin(kind) or kind


def test_the_types_are_compared() -> None:
    assert plain(get_type_hints(EntryDocument, include_extras=True)["created_on"]) is datetime
