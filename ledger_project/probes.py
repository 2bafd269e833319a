"""Probes of a replica: /livez (the process runs), /readyz (it can serve requests), and /metrics for Prometheus."""

import logging
from collections.abc import Callable

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView

from ledger_core.postgresql.migrated import is_migrated
from ledger_core.postgresql.outages import log, outage_of

_log = logging.getLogger("ledger.probes")


def answer_probes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that answers probes. It comes first: probes use a replica's address, without TLS, logs or limits."""

    def middleware(request: HttpRequest) -> HttpResponse:
        match request.path:
            case "/livez":
                return _answer(200, "ok")
            case "/readyz":
                return _readiness()
            case "/metrics":
                metrics: HttpResponse = ExportToDjangoView(request)
                return metrics
        return get_response(request)

    return middleware


def _readiness() -> HttpResponse:
    try:
        if _read_only():
            _log.warning("Not ready: the database is read-only")
            connection.close()  # after a failover, the next probe connects to the new primary
            return _answer(503, "The database is read-only: balances can be read, but nothing can be posted.")
        if not is_migrated():
            _log.warning("Not ready: not all migrations are applied")
            return _answer(503, "Not all migrations are applied.")
    except Error as error:
        outage = outage_of(error)
        if outage is None:
            raise
        log(outage)
        return _answer(503, "The database does not respond.")
    return _answer(200, "ok")


def _read_only() -> bool:
    """Return whether the database server is read-only: a standby, or a former primary."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_read_only') = 'on'")
        row: tuple[bool] | None = cursor.fetchone()
        return row == (True,)


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})
