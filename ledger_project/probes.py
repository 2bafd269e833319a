"""What machines ask of a replica: whether it lives (/livez), whether it can serve (/readyz), what it did (/metrics)."""

from collections.abc import Callable
from functools import cache

from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django_prometheus.exports import ExportToDjangoView


def answer_probes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, the first of all: probes come by a replica's address, without TLS, and are not logged or limited."""

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
        with connection.cursor() as cursor:
            cursor.execute("SELECT")
        _require_migrations()
    except (OperationalError, InterfaceError):
        connection.close()  # the next probe tries a new one
        return _answer(503, "The database does not answer.")
    except NotMigrated:
        return _answer(503, "Migrations are not applied.")
    return _answer(200, "ok")


class NotMigrated(Exception):
    pass


@cache  # what is applied stays; an exception is not kept
def _require_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigrated


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})
