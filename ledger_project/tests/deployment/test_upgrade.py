"""An upgrade of the tables while the service answers and a backup reads: no request fails."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from threading import Event

import httpx
import psycopg
import pytest

from ledger_project.development.embedded import EmbeddedPostgres
from ledger_project.tests.conftest import Project, Service
from ledger_project.tests.database.test_migrations import manage

pytestmark = pytest.mark.acceptance

TABLES = ["ledger_entry", "ledger_account", "ledger_client", "ledger_key"]
MIGRATION = """
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = [("ledger_core", {before!r})]
    operations = [migrations.RunSQL("ALTER TABLE {table} ADD COLUMN extra text{default}", migrations.RunSQL.noop)]
"""


def add_a_column_to_each_table(project: Project) -> None:
    """Write the migrations of a newer version, one for each table."""
    folder = project.folder / "ledger_core" / "migrations"
    before = max(path.stem for path in folder.glob("0*.py"))
    for number, table in enumerate(TABLES):
        default = " DEFAULT 'new'" if number % 2 else ""
        name = f"99{number:02}_{table}"
        (folder / f"{name}.py").write_text(MIGRATION.format(before=before, table=table, default=default))
        before = name


@pytest.fixture
def newer(fresh: Project) -> Iterator[Callable[[], None]]:
    yield lambda: add_a_column_to_each_table(fresh)
    for path in (fresh.folder / "ledger_core" / "migrations").glob("99*.py"):
        path.unlink()


class Load:
    """Requests of every kind, again and again; counts the statuses of each kind."""

    def __init__(self, service: Service, name: str) -> None:
        self.statuses: Counter[tuple[str, int]] = Counter()
        self._name, self._numbers, self._ended = name, count(), Event()
        self._api = httpx.Client(
            base_url=f"{service.url}/api/v1/content",
            headers={"Authorization": f"Bearer {service.key}"},
            timeout=30,
        )
        self._admin = httpx.Client(base_url=service.url, timeout=30, follow_redirects=True)
        (password,) = re.findall(r"password: (\S+)", service.log.read_text())
        self._admin.get("/admin/login/")
        token = self._admin.cookies["csrftoken"]
        login = {"username": "admin", "password": password, "csrfmiddlewaretoken": token}
        assert "Log out" in self._admin.post("/admin/login/?next=/admin/", data=login).text

    @contextmanager
    def running(self) -> Iterator[None]:
        kinds = [self._post_and_replay, self._batch, self._refusal, self._read, self._pages]
        with closing(self._api), closing(self._admin), ThreadPoolExecutor(len(kinds)) as threads:
            futures = [threads.submit(self._repeat, kind) for kind in kinds]
            try:
                yield
            finally:
                self._ended.set()
        for future in futures:
            future.result()

    def _repeat(self, kind: Callable[[], None]) -> None:
        while not self._ended.is_set():
            kind()
            time.sleep(0.01)

    def _note(self, kind: str, answer: httpx.Response) -> None:
        self.statuses[kind, answer.status_code] += 1

    def _entry(self, operation: str, owner: str, **fields: object) -> dict[str, object]:
        return {"operation": operation, "owner_id": owner, "nonce": f"{self._name}-{next(self._numbers)}", **fields}

    def _post_and_replay(self) -> None:
        body = self._entry("CREDIT_ADD", "alice")
        self._note("post", self._api.post("/ledger", json=body))
        self._note("replay", self._api.post("/ledger", json=body))

    def _batch(self) -> None:
        body = {"entries": [self._entry("CREDIT_ADD", owner) for owner in ("bob", "alice", "carol")]}
        self._note("batch", self._api.post("/batches", json=body))
        self._note("batch again", self._api.post("/batches", json=body))

    def _refusal(self) -> None:
        self._note("refusal", self._api.post("/ledger", json=self._entry("CREDIT_SPEND", "poor")))

    def _read(self) -> None:
        self._note("balance", self._api.get("/ledger/alice"))
        self._note("history", self._api.get("/ledger/alice/entries"))

    def _pages(self) -> None:
        for page in ("entry/", "account/", "client/", "account/alice/change/"):
            self._note(page, self._admin.get(f"/admin/ledger_core/{page}"))

    def expect_no_failure(self) -> None:
        expected = {"post": 201, "batch": 201, "refusal": 402}
        assert {(kind, status) for kind, status in self.statuses} == {
            (kind, expected.get(kind, 200)) for kind, _ in self.statuses
        }, self.statuses
        assert len(self.statuses) == 11


def test_columns_are_added_while_a_backup_reads_and_both_versions_serve(
    fresh: Project, newer: Callable[[], None]
) -> None:
    with fresh.serve() as old, EmbeddedPostgres(fresh.data) as url:
        body = {"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "first"}
        assert old.status("/api/v1/content/ledger", json.dumps(body).encode()) == 201
        load = Load(old, "old")
        with load.running(), psycopg.connect(url, application_name="backup") as backup:
            for table in TABLES:
                backup.execute(f"SELECT FROM {table}")
            newer()
            migrate = manage(url, "migrate", folder=fresh.folder)
            assert migrate.stdout
            waits = (line for line in migrate.stdout if "trying again" in line)
            assert "of postgres (backup, idle in transaction" in next(waits)
            next(waits)
            backup.rollback()
            said, _ = migrate.communicate(timeout=60)
            assert migrate.returncode == 0, said
            with fresh.serve() as new:
                both = Load(new, "new")
                with both.running():
                    time.sleep(3)
        load.expect_no_failure()
        both.expect_no_failure()
