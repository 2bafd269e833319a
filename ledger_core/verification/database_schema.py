"""The database's schema: checks that the ledger's tables and functions are still as the migrations made them.

The expected schema is in `sql/database_schema.txt`, a generated file: `make database-schema` writes it after a new
migration, and a test compares it with the migrations.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from ledger_core import sql

Part = tuple[str, str]  # kind and name

FILE = Path(sql.__file__).parent / "database_schema.txt"
_APP = "ledger_core"
_DESCRIBE = sql.load("database_schema")
# An operator may add these: they do not change what the ledger does.
_MAY_BE_ADDED = {"index", "function", "type"}


def describe() -> dict[Part, str]:
    """Return the definition of each part of the ledger's tables, and of each of its functions, in this database."""
    tables = [model._meta.db_table for model in apps.get_app_config(_APP).get_models() if not model._meta.proxy]
    with connection.cursor() as cursor:
        cursor.execute(_DESCRIBE, {"tables": tables})
        return {(kind, name): definition for kind, name, definition in cursor.fetchall()}


def written(parts: Mapping[Part, str]) -> str:
    """Return the text of the generated file: a line for each part, with tabs between kind, name and definition."""
    return "".join(f"{kind}\t{name}\t{definition}\n" for (kind, name), definition in parts.items())


def differences() -> list[str] | None:
    """Return the differences between the database and the migrations, one line each.

    Returns None if other migrations are applied than this version has: during an upgrade, and after a rollback of the
    service, the database belongs to another version.
    """
    loader = MigrationLoader(connection)
    if {key for key in loader.applied_migrations if key[0] == _APP} != {
        key for key in loader.disk_migrations if key[0] == _APP
    }:
        return None
    return list(_compare(_expected(), describe()))


def _expected() -> dict[Part, str]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return {(kind, name): definition for kind, name, definition in (line.split("\t") for line in lines)}


def _compare(expected: Mapping[Part, str], found: Mapping[Part, str]) -> Iterator[str]:
    for part, definition in expected.items():
        kind, name = part
        if part not in found:
            yield f"{kind} {name} is missing: {definition}"
        elif found[part] != definition:
            yield f"{kind} {name} is {found[part]}, but should be {definition}"
    for kind, name in found.keys() - expected.keys():
        if kind not in _MAY_BE_ADDED:
            yield f"{kind} {name} was added: {found[kind, name]}"
