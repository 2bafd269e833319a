"""The schema as the migrations make it, and as somebody with psql leaves it."""

import os

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from ledger_core.posting import post
from ledger_core.tests.imaginary import ADD, IMAGINARY
from ledger_core.verification.database_schema import FILE, describe, differences, written

pytestmark = pytest.mark.django_db


def test_the_generated_file_is_what_the_migrations_make() -> None:
    made = written(describe())
    if os.environ.get("WRITE_DATABASE_SCHEMA"):  # make database-schema
        FILE.write_text(made, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == made, "The migrations make another schema: run make database-schema."
    assert differences() == []


def alter(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


CHECK = "ADD CONSTRAINT ledger_account_available_not_negative CHECK"
ALTERED = {
    "trigger ledger_entry.ledger_entry_append_only is missing": [
        "DROP TRIGGER ledger_entry_append_only ON ledger_entry"
    ],
    "trigger ledger_entry.ledger_entry_append_only is CREATE TRIGGER": [
        "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only"
    ],
    "trigger ledger_account.ledger_account_kept is missing": ["DROP TRIGGER ledger_account_kept ON ledger_account"],
    "constraint ledger_entry.ledger_entry_reverses_own is FOREIGN KEY": [
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL"
    ],
    "constraint ledger_account.ledger_account_available_not_negative is missing": [
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_available_not_negative"
    ],
    "constraint ledger_account.ledger_account_available_not_negative is CHECK (balance >= held::bigint) NOT VALID": [
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_available_not_negative",
        f"ALTER TABLE ledger_account {CHECK} (balance >= held) NOT VALID",
    ],
    "constraint ledger_account.ledger_account_available_not_negative is CHECK (balance >= '-5'": [
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_available_not_negative",
        f"ALTER TABLE ledger_account {CHECK} (balance >= -5)",
    ],
    "constraint ledger_entry.ledger_entry_nonce_once is missing": [
        "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_nonce_once"
    ],
    "unique index ledger_entry.ledger_entry_claim_once is missing": ["DROP INDEX ledger_entry_claim_once"],
    "unique index ledger_entry.ledger_entry_claim_once is CREATE UNIQUE INDEX": [
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ledger_entry_claim_once'::regclass"
    ],
    "index ledger_entry.ledger_entry_of_app is missing": ["DROP INDEX ledger_entry_of_app"],
    "column ledger_client.name is text collate POSIX": [
        'ALTER TABLE ledger_client ALTER name TYPE text COLLATE "POSIX"'
    ],
    "column ledger_entry.delta is bigint, but": ["ALTER TABLE ledger_entry ALTER delta DROP NOT NULL"],
    "column ledger_entry.note was added": ["ALTER TABLE ledger_entry ADD note text"],
    "constraint ledger_entry.fewer was added": [
        "ALTER TABLE ledger_entry ADD CONSTRAINT fewer CHECK (amount < 10) NOT VALID"
    ],
    "unique index ledger_account.one_balance was added": [
        "CREATE UNIQUE INDEX one_balance ON ledger_account (balance)"
    ],
    "table ledger_open_units is kind r persistence p rules 1": [
        "CREATE RULE forget AS ON INSERT TO ledger_open_units DO INSTEAD NOTHING"
    ],
    "table ledger_account is kind r persistence p rules 0 row security t": [
        "ALTER TABLE ledger_account ENABLE ROW LEVEL SECURITY"
    ],
    "table ledger_open_units is missing": ["ALTER TABLE ledger_open_units RENAME TO elsewhere"],
    "domain ledger_text is ledger_optional_text, but": [
        "ALTER DOMAIN ledger_text DROP CONSTRAINT ledger_text_not_empty"
    ],
    "function ledger_entry_hash(previous bytea, entry ledger_entry) is returns bytea": [
        "CREATE OR REPLACE FUNCTION ledger_entry_hash(previous bytea, entry ledger_entry) RETURNS bytea RETURN previous"
    ],
    "function ledger_refuse_change() is returns trigger": [
        "CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    ],
}


@pytest.mark.parametrize("difference", ALTERED)
def test_what_somebody_altered_by_hand_is_named(difference: str) -> None:
    alter(*ALTERED[difference])
    found = differences()
    assert found is not None
    assert [line for line in found if line.startswith(difference)], found


def test_the_name_of_the_schema_makes_no_difference() -> None:
    alter("ALTER SCHEMA public RENAME TO books", "SET LOCAL search_path = books")
    assert differences() == []


def test_what_others_add_makes_no_difference() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    alter(
        "CREATE TABLE badge (id bigint, owner text, FOREIGN KEY (id, owner) REFERENCES ledger_entry (id, owner_id))",
        "CREATE INDEX by_client ON ledger_entry (client)",
        "CREATE FUNCTION ledger_report() RETURNS int LANGUAGE sql RETURN 1",
        "CREATE VIEW ledger_today AS SELECT * FROM ledger_entry",
        "ANALYZE ledger_entry",
    )
    assert differences() == []


@pytest.mark.parametrize("other", ["9999_of_a_newer_version", None])
def test_the_schema_of_another_version_is_not_compared(other: str | None) -> None:
    recorder = MigrationRecorder(connection)
    if other:
        recorder.record_applied("ledger_core", other)
    else:
        recorder.record_unapplied("ledger_core", "0001_initial")
    assert differences() is None
