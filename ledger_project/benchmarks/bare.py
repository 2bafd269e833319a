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
from ledger_core.models import ENTRY_COLUMNS  # noqa: E402  needs the apps

settings.MIDDLEWARE, settings.ROOT_URLCONF = [], __name__

_POST, _BALANCE = sql.load("post", entry=ENTRY_COLUMNS), sql.load("balance")
_COLUMNS = ENTRY_COLUMNS.split(", ")


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
        "reverses": None,
        "reversed_operation": None,
        "hold": None,
        "held": None,
        "final": None,
        "expires_in": None,
        "priority": None,
        "reference": body.get("reference"),
        "metadata": json.dumps(body["metadata"]) if "metadata" in body else None,
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
    return JsonResponse(
        dict(zip(("owner_id", "balance", "held", "seq", "updated_on", "next_expiry"), row, strict=True))
    )


urlpatterns = [path("api/v1/content/ledger", post), path("api/v1/content/ledger/<str:owner_id>", balance)]
application = WSGIHandler()
