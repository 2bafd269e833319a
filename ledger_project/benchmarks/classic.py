"""The classic way: DRF with its JSON and serializers, and an ORM transaction with select_for_update.

No middleware, no key, no limit, no log, no metric, and no chain of hashes.
"""

from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from django.urls import path
from django.utils import timezone

django.setup()
settings.MIDDLEWARE, settings.ROOT_URLCONF = [], __name__

from rest_framework import generics, parsers, renderers, serializers, status  # noqa: E402  once Django is set up
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402

from ledger_core.models import Account, Entry  # noqa: E402
from ledger_core.operations import SharedOperation  # noqa: E402


class AccountSerializer(serializers.ModelSerializer[Account]):
    class Meta:
        model = Account
        fields = ("owner_id", "balance", "seq", "updated_on")


class EntrySerializer(serializers.ModelSerializer[Entry]):
    class Meta:
        model = Entry
        exclude = ("hash",)


class PostSerializer(serializers.Serializer[Any]):
    operation = serializers.ChoiceField([operation.code for operation in SharedOperation])
    owner_id = serializers.CharField(max_length=128)
    nonce = serializers.CharField(max_length=128)
    amount = serializers.IntegerField(min_value=1, default=1)
    reference = serializers.CharField(max_length=128, default=None)
    metadata = serializers.DictField(child=serializers.CharField(max_length=500), default=None)


class ClassicView(generics.GenericAPIView[Account]):
    authentication_classes = ()
    permission_classes = ()
    parser_classes = (parsers.JSONParser,)
    renderer_classes = (renderers.JSONRenderer,)
    queryset = Account.objects.all()


class PostView(ClassicView):
    serializer_class = PostSerializer

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            entry, created = _post(**serializer.validated_data)
        return Response(EntrySerializer(entry).data, status.HTTP_201_CREATED if created else status.HTTP_200_OK)


class BalanceView(ClassicView, generics.RetrieveAPIView[Account]):
    serializer_class = AccountSerializer


def _post(*, operation: str, owner_id: str, nonce: str, amount: int, **kept: Any) -> tuple[Entry, bool]:
    if earlier := Entry.objects.filter(owner_id=owner_id, nonce=nonce).first():
        return earlier, False
    now = timezone.now()
    beginning = {"balance": 0, "held": 0, "lots": 0, "seq": 0, "head": b"", "created_on": now, "updated_on": now}
    Account.objects.get_or_create(owner_id=owner_id, defaults=beginning)
    account = Account.objects.select_for_update().get(owner_id=owner_id)
    delta = SharedOperation[operation].delta(amount) or 0
    account.balance, account.seq, account.updated_on = account.balance + delta, account.seq + 1, now
    account.save()
    entry = Entry.objects.create(
        owner=account,
        seq=account.seq,
        app="content",
        operation=operation,
        amount=amount,
        delta=delta,
        balance_after=account.balance,
        held=0,
        held_after=0,
        nonce=nonce,
        client="classic",
        created_on=now,
        form=1,
        hash=b"",
        **kept,
    )
    return entry, True


urlpatterns = [
    path("api/v1/content/ledger", PostView.as_view()),
    path("api/v1/content/ledger/<str:pk>", BalanceView.as_view()),
]
application = WSGIHandler()
