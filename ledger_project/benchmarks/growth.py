"""`make bench-growth`: compare the speed at ten million entries with the speed of a small ledger.

Two ledgers on one server: one that stays small and one that grows. Each request is asked of both in turn, so that both
have the same weather. Every owner has a hundred entries, in the order of time and not of owners, as they would come.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from random import Random
from statistics import median
from typing import Any
from uuid import uuid4

import django
from msgspec.structs import replace

from ledger_core.management.output import progress_bar
from ledger_project.benchmarks.stack import Ledger, Server, make_ledger, served

ENTRIES_OF_EACH = 100
SMALL = 10_000  # entries of the small ledger
_STEPS = (100_000, 1_000_000, 10_000_000)
_CYCLE = (("content", "CREDIT_ADD", 10), ("content", "CONTENT_CREATION", -5), ("ecommerce", "CREDIT_SPEND", -1))
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_OPEN_ACCOUNTS = """
INSERT INTO ledger_account (owner_id, balance, seq, head, created_on, updated_on)
SELECT 'owner-' || number, 0, 0, '', %(moment)s + interval '1 second' + number * interval '1 microsecond', %(moment)s
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS number
"""
_CLOSE_ACCOUNTS = """
UPDATE ledger_account AS a
SET balance = e.balance_after, seq = e.seq, head = e.hash, updated_on = e.created_on
FROM ledger_entry AS e WHERE e.owner_id = a.owner_id AND e.seq = %s AND a.seq = 0
"""
_SESSION = """
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("benchmark"))
print(client.cookies["sessionid"].value)
"""
_ADMIN_LIMIT = 200  # milliseconds
_RATIO_LIMIT = 1.25


def measure(url: str, entries: int) -> dict[str, Any]:
    """Return the median milliseconds of each kind of request, in the small ledger and in the one that grows."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger_project.settings")
    django.setup()  # only for the records; the development database is not used
    small, large = make_ledger(url, "small"), make_ledger(url, "large")
    _fill(small, 0, SMALL)
    steps = []
    filled = 0
    for step in (step for step in _STEPS if step <= entries):
        _fill(large, filled, step)
        filled = step
        with ExitStack() as both:
            asked = [
                _Asked(both.enter_context(served(ledger, ours="ledger_project.wsgi"))["ours"], ledger, owners)
                for ledger, owners in ((small, SMALL // ENTRIES_OF_EACH), (large, step // ENTRIES_OF_EACH))
            ]
            steps.append({"entries": step, "milliseconds": _milliseconds(asked)})
    commands = {command: _seconds(large, command) for command in ("verifyledger --jobs 2", "settlement")}
    return {"steps": steps, "entries": filled, "seconds": commands}


def table(result: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{result['date']}, {result['machine']}\n"
    yield "| request, p50 in ms | entries | small ledger | this one | ratio |\n|---|---|---|---|---|"
    for step in result["steps"]:
        for name, (small, large) in step["milliseconds"].items():
            least = f"under {_ADMIN_LIMIT} ms" if name.startswith("admin") else f"{large / small:.2f} ≤ {_RATIO_LIMIT}"
            yield f"| {name} | {step['entries']:,} | {small:.2f} | {large:.2f} | {least} |"
    yield f"\n| command, {result['entries']:,} entries | seconds |\n|---|---|"
    for command, seconds in result["seconds"].items():
        yield f"| {command} | {seconds:.0f} |"


def _fill(ledger: Ledger, filled: int, entries: int) -> None:
    """Add owners by COPY until the ledger has so many entries, each chained to the one before it."""
    from ledger_core.import_export.importing import COPY, row_of
    from ledger_core.import_export.records import Record

    owners = range(filled // ENTRIES_OF_EACH, entries // ENTRIES_OF_EACH)
    heads = dict.fromkeys(owners, b"")
    balances = dict.fromkeys(owners, 0)
    with ledger.connect() as connection, progress_bar(entries - filled, "entries") as bar:
        connection.execute(_OPEN_ACCOUNTS, {"moment": _BEGINNING, "first": owners.start, "last": owners.stop - 1})
        for seq in range(1, ENTRIES_OF_EACH + 1):
            app, operation, delta = _CYCLE[seq % len(_CYCLE) - 1]
            with connection.cursor().copy(COPY) as copy:
                for owner in owners:
                    created_on = _BEGINNING + timedelta(seconds=seq, microseconds=owner)
                    balances[owner] += delta
                    entry = Record(
                        id=filled + (seq - 1) * len(owners) + owner - owners.start + 1,
                        owner_id=f"owner-{owner}",
                        seq=seq,
                        app=app,
                        operation=operation,
                        amount=1,
                        delta=delta,
                        balance_after=balances[owner],
                        nonce=f"{owner}-{seq}",
                        client="benchmark",
                        created_on=created_on,
                        hash="",
                    )
                    heads[owner] = entry.chained_to(heads[owner])
                    copy.write_row(row_of(replace(entry, hash=heads[owner].hex())))
            bar.update(len(owners))
        connection.execute(_CLOSE_ACCOUNTS, [ENTRIES_OF_EACH])
        connection.execute("SELECT setval('ledger_entry_id_seq', %s)", [entries])
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


class _Asked:
    """One of the two ledgers, with one connection to it."""

    def __init__(self, server: Server, ledger: Ledger, owners: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", server.port)
        self._headers = {"Authorization": f"Bearer {ledger.key}", "Content-Type": "application/json"}
        self._cookie = {"Cookie": f"sessionid={ledger.manage('shell', '--verbosity=0', '-c', _SESSION).strip()}"}
        self._owners = owners
        self._random = Random(1)  # noqa: S311  the same owners at each step

    def milliseconds(self, name: str) -> float:
        """Return how long a request of that kind took, in milliseconds."""
        method, path, body, headers = self._request(name, f"owner-{self._random.randrange(self._owners)}")
        start = time.perf_counter()
        self._connection.request(method, path, body, headers)
        with self._connection.getresponse() as response:
            response.read()
        if response.status not in (200, 201):
            raise SystemExit(f"{name}: {response.status}")
        return (time.perf_counter() - start) * 1000

    def _request(self, name: str, owner: str) -> tuple[str, str, str | None, dict[str, str]]:
        ledger = "/api/v1/content/ledger"
        past = (_BEGINNING + timedelta(seconds=ENTRIES_OF_EACH / 2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = f'{{"operation": "CREDIT_ADD", "owner_id": "{owner}", "nonce": "{uuid4().hex}"}}'
        if name.startswith("admin"):
            return "GET", _ADMIN[name].format(owner=owner), None, self._cookie
        return {
            "POST": ("POST", ledger, body, self._headers),
            "GET balance": ("GET", f"{ledger}/{owner}", None, self._headers),
            "GET balance as of": ("GET", f"{ledger}/{owner}?at={past}", None, self._headers),
            "GET entries, first page": ("GET", f"{ledger}/{owner}/entries?limit=20", None, self._headers),
            "GET entries, deep page": ("GET", f"{ledger}/{owner}/entries?limit=20&before=40", None, self._headers),
        }[name]


_ADMIN = {
    "admin, entries": "/admin/ledger_core/entry/",
    "admin, entries of an operation": "/admin/ledger_core/entry/?operation=ecommerce:CREDIT_SPEND",
    "admin, entries of an owner": "/admin/ledger_core/entry/?q={owner}",
    "admin, accounts": "/admin/ledger_core/account/",
}
_REQUESTS = (
    "POST",
    "GET balance",
    "GET balance as of",
    "GET entries, first page",
    "GET entries, deep page",
    *_ADMIN,
)


def _milliseconds(asked: list[_Asked]) -> dict[str, list[float]]:
    found = {}
    for name in _REQUESTS:
        times = 30 if name.startswith("admin") else 500
        pairs = [[ledger.milliseconds(name) for ledger in asked] for _ in range(times + times // 5)]
        found[name] = [median(column) for column in zip(*pairs[times // 5 :], strict=True)]  # without the warm-up
    return found


def _seconds(ledger: Ledger, command: str) -> float:
    """Return how long a command takes, which fails if it finds a fault."""
    start = time.perf_counter()
    ledger.manage(*command.split())
    return time.perf_counter() - start
