"""What the database enforces: named constraints, the canonical form, and entries that never change."""

import hashlib
import json

import msgspec
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from ledger_core.api.documentation.examples import ENTRY
from ledger_core.models import Account, Entry, OpenUnits, constraints
from ledger_core.postgresql.errors import sqlstate_of
from ledger_core.posting import InsufficientBalance, post
from ledger_core.tests.conftest import rejected_by
from ledger_core.tests.imaginary import ADD, IMAGINARY, SPEND
from ledger_core.verification import verify

pytestmark = pytest.mark.django_db


BOOKS = ["ledger_account", "ledger_entry", "ledger_open_units"]


def constraint_names(*tables: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid::regclass::text = ANY(%(tables)s) AND contype <> 'n'"
            " UNION SELECT indexname FROM pg_indexes WHERE tablename = ANY(%(tables)s)"
            " AND indexname NOT LIKE 'ledger_account%%'"
            " UNION SELECT conname FROM pg_constraint WHERE contypid::regtype::text LIKE 'ledger\\_%%'",
            {"tables": list(tables)},
        )
        return {name for (name,) in cursor.fetchall()}


def test_every_named_constraint_is_in_the_database() -> None:
    named = {value for name, value in vars(constraints).items() if name.isupper()}
    assert named <= constraint_names(*BOOKS, "ledger_client", "ledger_key")


def test_every_constraint_of_the_database_is_named() -> None:
    named = {value for name, value in vars(constraints).items() if name.isupper()}
    indexes = {index.name for model in (Account, Entry, OpenUnits) for index in model._meta.indexes}
    keys = {f"ledger_{table}_pkey" for table in ("account", "entry", "open_units")}
    assert constraint_names(*BOOKS) - named - indexes == keys


def test_every_unique_constraint_holds_the_owner() -> None:
    """So that the tables can be distributed by owner."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexdef LIKE 'CREATE UNIQUE%%'", [BOOKS]
        )
        definitions = [definition for (definition,) in cursor.fetchall()]
    assert len(definitions) == 6
    assert all("owner_id" in definition for definition in definitions)


def canonical_form(entry: Entry) -> bytes:
    """Return the canonical form, written from docs/architecture.md."""
    fields = (
        1,
        entry.id,
        entry.owner_id,
        entry.seq,
        entry.app,
        entry.operation,
        entry.amount,
        entry.delta,
        entry.balance_after,
        entry.held,
        entry.held_after,
        entry.nonce,
        entry.claim,
        entry.reverses,
        entry.hold,
        entry.batch,
        entry.transfer,
        entry.counterparty,
        entry.expires_on,
        entry.priority,
        entry.client,
        entry.reference,
        entry.metadata,
        entry.drawn,
        entry.created_on.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    )
    return json.dumps(fields, ensure_ascii=False).encode()


def test_each_hash_is_over_the_hash_before_and_the_canonical_form() -> None:
    previous = b""
    for nonce, amount, client in [("1", 3, ""), ("zweite ü 🎲", 1, "shop"), ("3", 2, "")]:
        entry = post(IMAGINARY, ADD, owner_id="alice", nonce=nonce, amount=amount, client=client).entry
        assert entry.hash == hashlib.sha256(previous + canonical_form(entry)).digest()
        previous = bytes(entry.hash)
    assert Account.objects.get(owner_id="alice").head == previous


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_entry SET delta = 1000",
        "UPDATE ledger_entry SET delta = 1000 WHERE false",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry CASCADE",
        "TRUNCATE ledger_account",
        "DELETE FROM ledger_account",
    ],
)
def test_the_ledger_is_append_only(change: str) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    with pytest.raises(DatabaseError) as rejection, connection.cursor() as cursor:
        cursor.execute(change)
    assert sqlstate_of(rejection.value) == "23001"  # restrict_violation, which the trigger raises


INSERT = """
    INSERT INTO ledger_entry
        (owner_id, seq, app, operation, amount, delta, balance_after, held, held_after, nonce, claim, reverses, client,
        metadata, created_on, form, hash)
    SELECT owner_id, {seq}, app, operation, {amount}, delta, {balance_after}, held, {held_after}, {nonce}, {claim},
        {reverses}, {client}, {metadata}, created_on, form, hash
    FROM ledger_entry WHERE owner_id = 'alice' AND seq = 1
"""


VALUES = {
    "seq": "2",
    "amount": "1",
    "balance_after": "balance_after",
    "held_after": "0",
    "metadata": "NULL",
    "nonce": "'2'",
    "claim": "NULL",
    "reverses": "NULL",
    "client": "''",
}


def insert(**fields: str) -> None:
    """Insert an entry of alice with these columns, and the others of her first entry."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(**VALUES | fields))


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"seq": "1"}, constraints.SEQUENCE),
        ({"amount": "0"}, constraints.UNITS_POSITIVE),
        ({"nonce": "nonce"}, constraints.NONCE_ONCE),
        ({"nonce": "''"}, constraints.TEXT_NOT_EMPTY),
        ({"nonce": "E'a\\nb'"}, constraints.TEXT_PLAIN),
        ({"nonce": "repeat('x', 129)"}, constraints.TEXT_PLAIN),
        ({"client": "E'a\\nb'"}, constraints.TEXT_PLAIN),
        ({"claim": "'imaginary:SLOT'"}, constraints.CLAIM_ONCE),
        ({"claim": "''"}, constraints.TEXT_NOT_EMPTY),
        ({"balance_after": "-1"}, constraints.ENTRY_AVAILABLE_NOT_NEGATIVE),
        ({"held_after": "balance_after + 1"}, constraints.ENTRY_AVAILABLE_NOT_NEGATIVE),
        ({"held_after": "-1"}, constraints.HELD_NOT_NEGATIVE),
        ({"reverses": "0"}, constraints.REVERSES_OWN),
        ({"metadata": "'[]'"}, constraints.METADATA_SMALL),
        ({"metadata": "jsonb_build_object('key', repeat('x', 6000))"}, constraints.METADATA_SMALL),
    ],
)
def test_writers_around_the_service_meet_the_constraints(fields: dict[str, str], constraint: str) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    if constraint == constraints.CLAIM_ONCE:
        insert(seq="3", nonce="'3'", **fields)
    with rejected_by(constraint):
        insert(**fields)


def test_an_entry_reverses_only_an_entry_of_its_owner() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    bobs = post(IMAGINARY, ADD, owner_id="bob", nonce="1").entry
    with rejected_by(constraints.REVERSES_OWN):
        insert(reverses=str(bobs.pk))


def test_what_is_left_is_of_an_entry_of_its_owner() -> None:
    entry = post(IMAGINARY, ADD, owner_id="alice", nonce="1").entry
    OpenUnits.objects.create(entry=entry, owner_id="bob", remaining=1)
    (fault,) = verify()
    assert (fault.owner_id, fault.detail) == ("bob", f"reversal: the reversed entry {entry.pk} does not exist")


def test_the_balance_check_holds_without_the_service() -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    with rejected_by(constraints.AVAILABLE_NOT_NEGATIVE):
        Account.objects.update(balance=-1)


@pytest.mark.parametrize(
    ("held", "constraint"), [(11, constraints.AVAILABLE_NOT_NEGATIVE), (-1, constraints.HELD_NOT_NEGATIVE)]
)
def test_an_owner_holds_at_most_the_balance(held: int, constraint: str) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    with rejected_by(constraint):
        Account.objects.update(held=held)


@pytest.mark.parametrize(
    ("owner_id", "constraint"),
    [("", constraints.TEXT_NOT_EMPTY), ("a\nb", constraints.TEXT_PLAIN), ("x" * 129, constraints.TEXT_PLAIN)],
)
def test_an_account_has_a_plain_owner(owner_id: str, constraint: str) -> None:
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    account = Account.objects.get()
    account.pk = owner_id
    with rejected_by(constraint):
        account.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_migrations_go_back_and_forth() -> None:
    before = constraint_names(*BOOKS)
    call_command("migrate", "ledger_core", "zero", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'ledger%'")
        assert cursor.fetchall() == []
    call_command("migrate", verbosity=0)
    assert constraint_names(*BOOKS) == before
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    with pytest.raises(InsufficientBalance):
        post(IMAGINARY, SPEND, owner_id="alice", nonce="1")


def test_the_example_of_the_documents_has_its_hash() -> None:
    """The database's function hashes the same bytes as the shell command in docs/architecture.md."""
    example = msgspec.to_builtins(ENTRY) | {"form": 1, "held": 0, "held_after": 0}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_entry_hash('', jsonb_populate_record(NULL::ledger_entry, %s))",
            [msgspec.json.encode(example).decode()],
        )
        assert cursor.fetchone() == (bytes.fromhex(ENTRY.hash),)
