"""The ceiling: a bare Django view with the same statement.

No middleware, no key, no limit, no check, no log, no metric.
"""

import json

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path
from psycopg.types.numeric import Int8

from ledger_core import sql

django.setup()
settings.MIDDLEWARE, settings.ROOT_URLCONF = [], __name__

_POST, _BALANCE = sql.load("post"), sql.load("balance")
_COLUMNS = (
    "id owner_id seq app operation amount delta balance_after nonce claim reverses client created_on hash".split()  # noqa: SIM905
)


def post(request: HttpRequest) -> JsonResponse:
    body = json.loads(request.body)
    amount = body.get("amount", 1)
    parameters = {
        "app": "content",
        "operation": body["operation"],
        "owner_id": body["owner_id"],
        "nonce": body["nonce"],
        "amount": Int8(amount),
        "delta": Int8(amount * 10),
        "claim": None,
        "period": None,
        "reverses_id": None,
        "reversed_operation": None,
        "client": "bare",
    }
    with connection.cursor() as cursor:
        cursor.execute(_POST, parameters)
        entry = dict(zip(_COLUMNS, cursor.fetchone(), strict=True))
    return JsonResponse(entry | {"hash": bytes(entry["hash"]).hex()}, status=201)


def balance(request: HttpRequest, owner_id: str) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute(_BALANCE, {"owner_id": owner_id})
        row = cursor.fetchone()
    return JsonResponse(dict(zip(("owner_id", "balance", "seq", "updated_on"), row, strict=True)))


urlpatterns = [path("api/v1/content/ledger", post), path("api/v1/content/ledger/<str:owner_id>", balance)]
application = WSGIHandler()
