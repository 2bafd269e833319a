"""Migrations run beside the service: each takes short locks, one table at a time, and may be interrupted anywhere."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from ledger_core.plugins import ledger_apps
from ledger_core.postgresql import locks
from ledger_project.tests.conftest import ROOT, environment

OURS = ["ledger_core", *(app.label for app in ledger_apps() if Path(app.path).is_relative_to(ROOT))]
MIGRATIONS = sorted(key for key in MigrationLoader(None).disk_migrations or () if key[0] in OURS)
# The locks of a table that a post cannot have at the same time.
STRONG = ["ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"]


def lint(text: str) -> subprocess.CompletedProcess[str]:
    squawk = Path(sys.executable).with_name("squawk")
    return subprocess.run([squawk], cwd=ROOT, input=text, capture_output=True, text=True, check=False)


@pytest.mark.django_db
@pytest.mark.parametrize(("app", "name"), MIGRATIONS)
def test_squawk_accepts_each_migration(app: str, name: str) -> None:
    out = StringIO()
    call_command("sqlmigrate", app, name, stdout=out, no_color=True)
    done = lint(out.getvalue())
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("rule", "statement"),
    [
        ("require-concurrent-index-creation", "CREATE INDEX i ON ledger_entry (app)"),
        ("constraint-missing-not-valid", "ALTER TABLE ledger_entry ADD CONSTRAINT c CHECK (amount > 0)"),
        ("adding-required-field", "ALTER TABLE ledger_entry ADD COLUMN c int NOT NULL"),
        ("changing-column-type", "ALTER TABLE ledger_entry ALTER COLUMN client TYPE varchar(9)"),
    ],
)
def test_squawk_rejects_what_holds_posts_up(rule: str, statement: str) -> None:
    done = lint(f"BEGIN;\n{statement};\nCOMMIT;\n")
    assert done.returncode == 1
    assert rule in done.stdout


@pytest.fixture
def back_to() -> Iterator[Callable[[str], None]]:
    """Return a function that undoes the core's migrations up to a name; all of them are there again afterwards."""

    def migrate(name: str) -> None:
        call_command("migrate", "ledger_core", name, verbosity=0)

    yield migrate
    call_command("migrate", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_each_transaction_of_a_migration_locks_one_table_at_most(back_to: Callable[[str], None]) -> None:
    """Posts lock the tables in more than one order, so one that locks two may wait for a post that waits for it."""
    back_to("zero")
    executor = MigrationExecutor(connection)
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        existing = tables()

        def execute_and_look(execute: Any, *call: Any, existing: set[str] = existing) -> Any:
            if "CONCURRENTLY" in str(call[0]):  # in no transaction, and never with a strong lock
                return execute(*call)
            alone = nullcontext() if connection.in_atomic_block else connection.connection.transaction()
            with alone:  # the locks of a statement in no transaction are gone after it
                result = execute(*call)
                locked = strong_locks() & existing
            assert len(locked) <= 1, (call[0], locked)
            return result

        with connection.execute_wrapper(execute_and_look):
            MigrationExecutor(connection).migrate([(migration.app_label, migration.name)])


def tables() -> set[str]:
    return _names("SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')")


def strong_locks() -> set[str]:
    return _names(
        "SELECT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid() AND mode = ANY(%s)"
        " AND relation IS NOT NULL",
        STRONG,
    )


def _names(query: str, *parameters: object) -> set[str]:
    with connection.connection.cursor() as cursor:  # past the wrapper
        return {name for (name,) in cursor.execute(query, parameters)}


class _Interrupted(Exception):
    pass


@contextmanager
def interrupted_after(statements: int) -> Iterator[None]:
    left = statements

    def wrapper(execute: Any, statement: Any, *rest: Any) -> Any:
        nonlocal left
        result = execute(statement, *rest)
        if str(statement).startswith(("ALTER", "CREATE", "DROP")):
            left -= 1
            if left == 0:
                raise _Interrupted
        return result

    with connection.execute_wrapper(wrapper):
        yield


def not_atomic() -> list[Migration]:
    return [migration for key, migration in sorted(_disk().items()) if key in MIGRATIONS and not migration.atomic]


def _disk() -> dict[tuple[str, str], Migration]:
    return dict(MigrationLoader(None).disk_migrations or {})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("migration", not_atomic(), ids=str)
def test_a_migration_in_several_transactions_may_be_interrupted_after_any(
    migration: Migration, back_to: Callable[[str], None]
) -> None:
    ((_, before),) = migration.dependencies
    back_to(before)
    for statements in range(1, len(migration.operations) + 1):
        with pytest.raises(_Interrupted), interrupted_after(statements):
            MigrationExecutor(connection).migrate([(migration.app_label, migration.name)])
    MigrationExecutor(connection).migrate([(migration.app_label, migration.name)])


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_cannot_have_its_lock_names_who_holds_it(
    back_to: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "PATIENCE_SECONDS", 0)
    with psycopg.connect(own_url(connection.settings_dict["NAME"]), application_name="backup") as reader:
        reader.execute("SELECT FROM ledger_account")
        with pytest.raises(CommandError, match=f"process {reader.info.backend_pid} .*backup.*SELECT FROM ledger_acc"):
            back_to("zero")
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def own_url(database: str) -> str:
    return psycopg.conninfo.make_conninfo(os.environ["DATABASE_URL"], dbname=database)


@pytest.fixture
def empty() -> Iterator[str]:
    """Return the URL of an empty database."""
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        before, _, after = os.environ["DATABASE_URL"].partition("/postgres?")
        yield f"{before}/{name}?{after}"
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def manage(
    url: str, *arguments: str, folder: Path = ROOT, changes: dict[str, str] | None = None
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=folder,
        env=environment(DATABASE_URL=url) | (changes or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.service
@pytest.mark.parametrize("command", ["migrate", "servicerole"])
def test_four_at_once_all_succeed(empty: str, command: str) -> None:
    name = empty.partition("?")[0].rpartition("/")[2]
    role = {"SERVICE_DATABASE_URL": f"postgresql://{name}:secret@/x"}
    if command != "migrate":
        manage(empty, "migrate").communicate(timeout=120)
    processes = [manage(empty, command, changes=role) for _ in range(4)]
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    if command == "migrate":
        assert any("Another migrate or servicerole runs" in text for text in said)
    else:
        with psycopg.connect(empty, autocommit=True) as owner:
            for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
                owner.execute(sql.SQL(statement).format(sql.Identifier(name)))


@pytest.mark.service
def test_a_migrate_that_waits_is_in_the_way_of_no_index(empty: str) -> None:
    """CREATE INDEX CONCURRENTLY waits for every snapshot, also that of a statement that waits for a lock."""
    with psycopg.connect(empty, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(%s)", [locks._LOCK])
        first.execute("CREATE TABLE big (id int)")
        with manage(empty, "migrate") as second:
            assert second.stdout
            assert "Another migrate or servicerole runs" in second.stdout.readline()
            first.execute("SET statement_timeout = '30s'")
            first.execute("CREATE INDEX CONCURRENTLY big_id ON big (id)")
            first.execute("SELECT pg_advisory_unlock(%s)", [locks._LOCK])
            second.stdout.read()
    assert second.returncode == 0
