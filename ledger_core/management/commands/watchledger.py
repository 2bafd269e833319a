"""`manage.py watchledger`"""

import logging
import math
import time
from typing import Any

from django.core.management.base import CommandParser
from django.db import DatabaseError, Error, close_old_connections, connection
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from ledger_core.management.arguments import positive_integer
from ledger_core.management.reporting import LedgerCommand
from ledger_core.postgresql.outages import outage_of
from ledger_core.posting.expiry import expire_due
from ledger_core.verification import Fault, Report, run

# Not the default registry, which holds the metrics of the service's workers.
REGISTRY = CollectorRegistry()
VERIFIED = Gauge(
    "ledger_verified_timestamp_seconds", "Start of the newest verification that found no faults.", registry=REGISTRY
)
FAULTS = Gauge("ledger_verification_faults", "Faults that the newest verification found.", registry=REGISTRY)
FUTURE = Gauge(
    "ledger_entries_in_the_future",
    "Entries that are later than the database's clock by more than a minute.",
    registry=REGISTRY,
)
DIFFERENCES = Gauge(
    "ledger_schema_differences",
    "Differences between the database's schema and the migrations; NaN if other migrations are applied.",
    registry=REGISTRY,
)
SECONDS = Gauge("ledger_verification_seconds", "Duration of the newest verification.", registry=REGISTRY)
ACCOUNTS = Gauge("ledger_accounts", "Owners with an account.", registry=REGISTRY)
ENTRIES = Gauge("ledger_entries", "Entries of all owners.", registry=REGISTRY)
BALANCES = Gauge("ledger_balances_credits", "Sum of all balances.", registry=REGISTRY)
HELD = Gauge("ledger_held_credits", "Sum of the credits that holds reserve.", registry=REGISTRY)
EXPIRED = Counter("ledger_holds_expired", "Expired holds and lots that this process has ended.", registry=REGISTRY)

_EXPIRY_SECONDS = 60
_WAIT_SECONDS = 5
_log = logging.getLogger("ledger.watch")


class Command(LedgerCommand):
    help = (
        "Verify the ledger at regular intervals, as verifyledger does, and write the entries of expired holds and lots "
        "every minute. Logs each finding, and serves the results as metrics for Prometheus. Runs until it is stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every", type=positive_integer, default=3600, help="seconds between two verifications (default: 3600)"
        )
        parser.add_argument("--port", type=int, default=9101, help="port of the metrics (default: 9101)")

    def check_migrations(self) -> None:
        """Wait for a database that is away when the command starts, as `handle` does later."""
        while True:
            try:
                return super().check_migrations()
            except Error as error:
                outage = outage_of(error)
                if outage is None:
                    raise
                _log.warning("Waiting for the database: %s", outage.cause)
                connection.close()
                time.sleep(_WAIT_SECONDS)

    def handle(self, *, every: int, port: int, **options: Any) -> None:
        start_http_server(port, registry=REGISTRY)
        verified = -math.inf
        while True:
            close_old_connections()  # the database may have closed the connection during the pause
            _expire()
            if time.monotonic() - verified >= every:
                verified = time.monotonic()
                _verify()
            time.sleep(min(every, _EXPIRY_SECONDS))


def _expire() -> None:
    try:
        EXPIRED.inc(expire_due())
    except DatabaseError:  # nothing depends on it, and the next turn tries again
        _log.exception("Expired holds could not be ended")
        connection.close()


def _verify() -> None:
    faults = 0

    def on_fault(fault: Fault) -> None:
        nonlocal faults
        faults += 1
        _log.error("Fault in the ledger: %s #%s: %s", fault.owner_id, fault.seq, fault.detail)

    try:
        report = run(on_fault=on_fault)
    except DatabaseError:  # VERIFIED keeps its value, and an alert fires when that is too old
        _log.exception("The ledger could not be verified")
        connection.close()
        if faults:  # an incomplete verification can raise the alert for faults, but not end it
            FAULTS.set(faults)
        return
    _log_what_is_not_a_fault(report)
    _publish(report)


def _log_what_is_not_a_fault(report: Report) -> None:
    for future in report.future:
        _log.error("Entries in the future: %s #%s: %s", future.owner_id, future.seq, future.detail)
    for difference in report.schema or ():
        _log.error("Difference in the database's schema: %s", difference)
    if report.not_recorded:
        _log.error("The admin does not show this verification, because storing it failed: %s", report.not_recorded)


def _publish(report: Report) -> None:
    FAULTS.set(len(report.faults))
    FUTURE.set(report.entries_in_the_future)
    DIFFERENCES.set(math.nan if report.schema is None else len(report.schema))
    SECONDS.set((timezone.now() - report.started_on).total_seconds())
    if not report.faults:
        VERIFIED.set(report.started_on.timestamp())
    ACCOUNTS.set(report.size.accounts)
    ENTRIES.set(report.size.entries)
    BALANCES.set(report.size.balances)
    HELD.set(report.size.held)
