"""The REST views of one app's ledger: each takes a typed request, makes one call of the domain, and answers."""

from typing import Any

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger_core import posting
from ledger_core.api import examples
from ledger_core.api.documents import BalanceDocument, EntryDocument, OperationsDocument, PostRequest
from ledger_core.api.json import BodyTooLarge, decode
from ledger_core.api.problems import DatabaseUnavailable
from ledger_core.api.schema import REPLAYED, LedgerSchema, described
from ledger_core.balances import AccountNotFound, account_of
from ledger_core.errors import InvalidOperation, InvalidRequest
from ledger_core.operations import Operation, OperationSet


class LedgerAPIView(APIView):
    """A view of the app whose operations `as_view` is given."""

    operations: OperationSet[Any] = OperationSet("", Operation)  # as_view only sets what a class has
    schema = LedgerSchema()
    http_method_names = ["get", "head", "post"]  # no OPTIONS: the API tells of itself in its documents


class PostView(LedgerAPIView):
    @described(
        {201: examples.ENTRY, 200: examples.ENTRY},
        (
            InvalidRequest,
            InvalidOperation,
            posting.InsufficientBalance,
            posting.NonceReused,
            posting.AlreadyClaimed,
            posting.BalanceTooLarge,
            BodyTooLarge,
            UnsupportedMediaType("text/plain"),
            DatabaseUnavailable,
        ),
        request=PostRequest,
        headers=(REPLAYED,),
    )
    def post(self, request: Request) -> Response:
        """Post an operation

        Posts `amount` units of an operation to the owner's balance, and makes the account with the first. Safe to
        retry: the same request with the same nonce posts once, and answers with the same entry.
        """
        body = decode(request.data, PostRequest)
        posted = posting.post(
            self.operations,
            self.operations.parse(body.operation),
            owner_id=body.owner_id,
            nonce=body.nonce,
            amount=body.amount,
        )
        entry = EntryDocument.of(posted.entry)
        if posted.replayed:
            return Response(entry, status=200, headers={"Idempotency-Replayed": "true"})
        return Response(entry, status=201)


class BalanceView(LedgerAPIView):
    @described({200: examples.BALANCE}, (InvalidRequest, AccountNotFound, DatabaseUnavailable))
    def get(self, request: Request, owner_id: str) -> Response:
        """Read a balance

        The owner's balance in credits, over all apps.
        """
        return Response(BalanceDocument.of(account_of(owner_id)))


class OperationsView(LedgerAPIView):
    @described({200: examples.OPERATIONS}, ())
    def get(self, request: Request) -> Response:
        """List the operations

        The operations that this app can post, what each is worth, and their rules.
        """
        return Response(OperationsDocument.of(self.operations))
