"""The database role of the service: it can post and read, and cannot change history."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings as of_project
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection
from django.test import Client
from django.urls import reverse
from psycopg import connect
from psycopg.sql import SQL, Identifier

from ledger_core import sql
from ledger_core.access import keys
from ledger_core.models import Client as ApiClient
from ledger_core.models import Entry, Key
from ledger_core.posting import InsufficientBalance, Item, capture, hold, post, post_batch, release
from ledger_core.posting.expiry import expire_due
from ledger_core.tests.imaginary import ADD, FRIENDLY, IMAGINARY, SPEND, FriendlyOperation, ImaginaryOperation
from ledger_core.verification import verify

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def role(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Create the role, and remove it before the tables are emptied."""
    role = f"{connection.settings_dict['NAME']}_service"  # roles belong to the server, so each worker has its own
    monkeypatch.setenv("SERVICE_DATABASE_URL", f"postgresql://{role}:s3cr%27t@/x")
    call_command("servicerole", verbosity=0)
    call_command("servicerole", verbosity=0)  # as after another migration
    yield role
    with connection.cursor() as cursor:
        for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
            cursor.execute(SQL(statement).format(Identifier(role)))


@pytest.fixture
def as_service(role: str) -> Iterator[None]:
    """Connect as the role, and as the owner again afterwards."""
    owner, password = connection.settings_dict["USER"], connection.settings_dict["PASSWORD"]
    post(IMAGINARY, ADD, owner_id="alice", nonce="0", amount=9)
    _reconnect(role, "s3cr't")
    yield
    _reconnect(owner, password)


def _reconnect(user: str, password: str) -> None:
    connection.close()
    connection.settings_dict.update(USER=user, PASSWORD=password)


def test_it_posts_reads_and_verifies(as_service: None) -> None:
    duel = post(IMAGINARY, ImaginaryOperation.DUEL, owner_id="alice", nonce="1", amount=3).entry
    post(IMAGINARY, ImaginaryOperation.REMATCH, owner_id="alice", nonce="2", reverses=duel.pk)
    items: list[Item[ImaginaryOperation]] = [Item(ImaginaryOperation.REMATCH, "alice", "3", 1, duel.pk)]
    post_batch(IMAGINARY, [*items, Item(ImaginaryOperation.LOOT, "bob", "1")])
    assert post_batch(IMAGINARY, items)[0].replayed
    with pytest.raises(InsufficientBalance):
        post(IMAGINARY, SPEND, owner_id="bob", nonce="2", amount=100)
    assert Entry.objects.count() == 5
    assert list(verify()) == []


def test_it_holds_captures_releases_and_transfers(as_service: None) -> None:
    first, second = (
        hold(FRIENDLY, FriendlyOperation.DEPOSIT, owner_id="alice", nonce=nonce, amount=2).hold.entry.pk
        for nonce in ("1", "2")
    )
    capture(FRIENDLY, first, nonce="3", amount=1, final=False)
    release(FRIENDLY, first, nonce="4")
    assert expire_due() == 0
    capture(FRIENDLY, second, nonce="5")
    given = post(FRIENDLY, FriendlyOperation.GIFT, owner_id="alice", nonce="6", to_owner_id="bob").entry
    post(FRIENDLY, FriendlyOperation.GIFT_BACK, owner_id="alice", nonce="7", reverses=given.pk)
    assert list(verify()) == []


def test_it_serves_the_admin(as_service: None, client: Client) -> None:
    client.force_login(User.objects.create_superuser("admin"))
    assert client.get("/admin/ledger_core/entry/").status_code == 200


def test_it_posts_corrections_and_records_verifications(as_service: None, client: Client) -> None:
    client.force_login(User.objects.create_superuser("admin"))
    fields = {"operation": "CORRECTION_ADD", "amount": "5", "reason": "Lost.", "nonce": "form"}
    url = reverse("admin:ledger_core_account_correction", args=["alice"])
    assert client.post(url, fields, follow=True).status_code == 200
    call_command("verifyledger", verbosity=0)
    assert "No faults found.</strong>\n2 entries of 1 account" in client.get(reverse("admin:index")).content.decode()


def test_it_makes_clients_knows_them_and_shuts_them_out(as_service: None) -> None:
    browser = Client()
    browser.force_login(User.objects.create_superuser("admin"))
    fields = {"name": "blog", "apps": ["content"], "scopes": ["read"]}
    browser.post(reverse("admin:ledger_core_client_add"), fields)
    blog = ApiClient.objects.get()
    browser.post(reverse("admin:ledger_core_client_change", args=[blog.pk]), fields | {"scopes": ["post"]})
    key = keys.issue(Key(client=blog))
    assert keys.client_of(key).scopes == ["post"]
    assert keys.revoke(blog.keys.all()) == 1


def test_it_limits_the_log_in(as_service: None, client: Client) -> None:
    guess = {"username": "admin", "password": "guess"}
    answers = [client.post(reverse("admin:login"), guess).status_code for _ in range(6)]
    assert (answers[0], answers[-1]) == (200, 429)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET delta = 1000",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "TRUNCATE ledger_entry, ledger_open_units, ledger_account",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only",
        "DROP TRIGGER ledger_entry_append_only ON ledger_entry",
        "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_nonce_once",
        "DROP TABLE ledger_entry CASCADE",
        "CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "SELECT setval(pg_get_serial_sequence('ledger_entry', 'id'), 1)",
        "DELETE FROM ledger_account",
        "UPDATE ledger_account SET owner_id = 'bob'",
        "UPDATE ledger_account SET created_on = now()",
        "DELETE FROM ledger_open_units",
        "DELETE FROM django_migrations",
        "UPDATE ledger_client SET name = 'other'",
        "DELETE FROM ledger_client",
        "UPDATE ledger_key SET digest = ''",
        "UPDATE ledger_key SET client_id = 1",
        "UPDATE ledger_key SET expires_on = NULL",
        "DELETE FROM ledger_key",
        "UPDATE ledger_verification SET faults = 0",
        "DELETE FROM ledger_verification",
        "CREATE TABLE mine (id int)",
    ],
)
def test_it_can_change_no_history(as_service: None, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), connection.cursor() as cursor:
        cursor.execute(statement)


def test_each_table_of_the_ledger_is_named() -> None:
    named = set(re.findall(r"ledger_\w+", sql.load("service_role")))
    assert {model._meta.db_table for model in apps.get_app_config("ledger_core").get_models()} <= named


def test_what_this_version_does_not_know_keeps_its_rights(role: str) -> None:
    """A newer version may still serve during a rollback to the older one."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ledger_hold (id int)")
        cursor.execute("ALTER TABLE ledger_account ADD COLUMN debt int")
        try:
            cursor.execute(SQL("GRANT SELECT ON ledger_hold TO {}").format(Identifier(role)))
            cursor.execute(SQL("GRANT UPDATE (debt) ON ledger_account TO {}").format(Identifier(role)))
            call_command("servicerole", verbosity=0)
            cursor.execute(
                "SELECT has_table_privilege(%(role)s, 'ledger_hold', 'SELECT'),"
                " has_table_privilege(%(role)s, 'ledger_hold', 'INSERT, UPDATE, DELETE, TRUNCATE'),"
                " has_column_privilege(%(role)s, 'ledger_account', 'debt', 'UPDATE')",
                {"role": role},
            )
            assert cursor.fetchone() == (True, False, True)
        finally:
            cursor.execute("DROP TABLE ledger_hold")
            cursor.execute("ALTER TABLE ledger_account DROP COLUMN debt")


def test_its_sessions_are_bounded_by_the_role_too(as_service: None) -> None:
    """A pooler does not pass settings on."""
    connection.ensure_connection()
    log = {"log_min_error_statement": "fatal", "log_error_verbosity": "terse"}
    settings: dict[str, str] = of_project.SERVICE_SESSION | log
    with connect(connection.connection.info.dsn, options="") as plain:
        shown = {name: plain.execute(f"SHOW {name}").fetchone() for name in settings}
    assert shown == {name: (value,) for name, value in settings.items()}
    assert settings["lock_timeout"] == "2s"


@pytest.mark.parametrize("url", ["", "postgresql://"])
def test_a_url_without_a_role_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SERVICE_DATABASE_URL", url)
    with pytest.raises(CommandError, match="Set SERVICE_DATABASE_URL"):
        call_command("servicerole")
