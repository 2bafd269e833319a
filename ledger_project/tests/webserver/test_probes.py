"""/livez, /readyz and /metrics."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from ledger_core.access.rate_limits.rates import Rate
from ledger_core.postgresql import migrated


@pytest.fixture(autouse=True)
def _unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrated, "_migrated", False)


def test_it_lives_without_a_database(client: Client) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_it_is_ready_with_a_database_and_its_migrations(client: Client) -> None:
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_it_is_not_ready_before_its_migrations_and_ready_after_them(client: Client) -> None:
    recorder = MigrationRecorder(connection)
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("ledger_core")
    recorder.record_unapplied(*newest)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"Not all migrations are applied.\n")
    recorder.record_applied(*newest)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/readyz").status_code == 200
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        response = client.get("/readyz")
        assert (response.status_code, response.content) == (503, b"The database does not respond.\n")
        assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
@pytest.mark.django_db
def test_probes_come_by_any_name_without_tls_as_often_as_they_like(
    client: Client, settings: Settings, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ADDRESS_RATE_LIMIT = Rate(1, 3600)
    assert {client.get(path, headers={"host": "10.0.0.7:8000"}).status_code for _ in range(3)} == {200}
    assert not caplog.records
