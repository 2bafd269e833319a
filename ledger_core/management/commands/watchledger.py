"""`manage.py watchledger`"""

import logging
import math
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import Count, Sum
from django.utils import timezone
from prometheus_client import CollectorRegistry, Gauge, start_http_server

from ledger_core.management.progress import count
from ledger_core.models import Account
from ledger_core.verification import in_the_future, record, verify
from ledger_core.verification.schema import differences

# Apart from the service's own metrics, which are the workers'.
REGISTRY = CollectorRegistry()
VERIFIED = Gauge(
    "ledger_verified_timestamp_seconds", "The newest moment as of which no fault was in the books.", registry=REGISTRY
)
FAULTS = Gauge("ledger_verification_faults", "Faults that the newest verification found.", registry=REGISTRY)
FUTURE = Gauge(
    "ledger_entries_in_the_future",
    "Entries that are later than the database's clock by over a minute.",
    registry=REGISTRY,
)
DIFFERENCES = Gauge(
    "ledger_schema_differences",
    "Differences between the database's schema and the migrations; not a number where it has other migrations.",
    registry=REGISTRY,
)
SECONDS = Gauge("ledger_verification_seconds", "How long the newest verification took.", registry=REGISTRY)
ACCOUNTS = Gauge("ledger_accounts", "Owners with an account.", registry=REGISTRY)
ENTRIES = Gauge("ledger_entries", "Entries in the books.", registry=REGISTRY)
BALANCES = Gauge("ledger_balances_credits", "Credits that all owners have together.", registry=REGISTRY)

_log = logging.getLogger("ledger.watch")


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Verify the books again and again, log each fault, and tell Prometheus what was found. Runs until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=count, default=3600, help="seconds between two verifications (3600)")
        parser.add_argument("--port", type=int, default=9101, help="where Prometheus asks (9101)")

    def handle(self, *, every: int, port: int, **options: Any) -> None:
        start_http_server(port, registry=REGISTRY)
        while True:
            close_old_connections()  # the one that ended while this slept
            try:
                _look()
            except DatabaseError:  # what is told grows old, and that is alerted on
                _log.exception("The books could not be verified")
                connection.close()
            time.sleep(every)


def _look() -> None:
    started_on, faults = timezone.now(), 0
    for fault in verify():
        faults += 1
        _log.error("A fault in the books: %s #%s: %s", fault.owner_id, fault.seq, fault.detail)
    FAULTS.set(faults)
    _look_around()
    SECONDS.set((timezone.now() - started_on).total_seconds())
    if not faults:
        VERIFIED.set(started_on.timestamp())
    books = Account.objects.aggregate(accounts=Count("pk"), entries=Sum("seq"), balances=Sum("balance"))
    entries = books["entries"] or 0
    ACCOUNTS.set(books["accounts"])
    ENTRIES.set(entries)
    BALANCES.set(books["balances"] or 0)
    record(started_on=started_on, accounts=books["accounts"], entries=entries, faults=faults)


def _look_around() -> None:
    """Look for what is no fault of the entries, and leads to one or hides one."""
    late = in_the_future()
    for future in late:
        _log.error("Entries in the future: %s #%s: %s", future.owner_id, future.seq, future.detail)
    FUTURE.set(sum(future.entries for future in late))
    differing = differences()
    for difference in differing or ():
        _log.error("The database's schema: %s", difference)
    DIFFERENCES.set(math.nan if differing is None else len(differing))
