"""The REST views of one app's ledger: each takes a typed request, makes one call of the domain, and answers."""

from typing import Any

from django.http import HttpResponse
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request
from rest_framework.views import APIView

from ledger_core import posting
from ledger_core.access.authentication import require
from ledger_core.access.rate_limits.rates import Window
from ledger_core.access.throttling import ClientThrottle
from ledger_core.api.documentation import examples
from ledger_core.api.documentation.schema import REPLAYED, LedgerSchema, described
from ledger_core.api.documents import (
    BalanceDocument,
    BalanceQuery,
    BatchDocument,
    BatchRequest,
    EntriesDocument,
    EntriesQuery,
    EntryDocument,
    NoQuery,
    OperationsDocument,
    PostRequest,
)
from ledger_core.api.json import BodyTooLarge, Negotiation, UnsupportedMediaType, answer
from ledger_core.api.requests.decoding import decode
from ledger_core.api.requests.queries import decode_query
from ledger_core.errors import AccountLocked, InvalidOperation
from ledger_core.models import Client
from ledger_core.operations import Operation, OperationSet
from ledger_core.queries.balances import AccountNotFound, MomentUnclear, balance_at, balance_of
from ledger_core.queries.entries import EntryNotFound, entries_of, entry_of, require_known

_POSTING = (BodyTooLarge, UnsupportedMediaType, AccountLocked)


class LedgerAPIView(APIView):
    """A view of the app whose operations `as_view` is given."""

    operations: OperationSet[Any] = OperationSet("", Operation)  # as_view only sets what a class has
    schema = LedgerSchema()
    throttle_classes = (ClientThrottle,)
    content_negotiation_class = Negotiation
    http_method_names = ["get", "head", "post"]  # no OPTIONS: the API tells of itself in its documents
    max_body = 64 * 1024
    batch = False  # what the examples of requests show

    default_response_headers: dict[str, str] = {}  # not Allow, which a refused method alone has to be told

    window: Window | None = None  # by ClientThrottle
    query: Any  # what `initial` read, of the type that `described` gives the method

    @property
    def client(self) -> Client:
        """Who calls."""
        client: Any = self.request.user  # as KeyAuthentication has it
        assert isinstance(client, Client)  # noqa: S101
        return client

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate the client, then read the query string.

        Every request passes here before its method runs, so that a parameter that nobody reads is rejected and not
        ignored: `?dry_run=true` would otherwise post.
        """
        super().initial(request, *args, **kwargs)
        asked = request._request
        method = str(asked.method).lower()
        if method in self.http_method_names and hasattr(self, method):  # DRF answers 405 to the others
            self.query = decode_query(asked, getattr(getattr(self, method), "query", NoQuery))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        for name, value in self.window.headers.items() if self.window else ():
            response[name] = value
        finalized = super().finalize_response(request, response, *args, **kwargs)
        # DRF's request refers to itself here, and Django's view to itself there: without these references both go with
        # the answer, and the garbage collector has nothing to come for.
        request.parser_context.clear()
        vars(self).pop("head", None)
        return finalized


class PostView(LedgerAPIView):
    @described(
        {201: examples.ENTRY, 200: examples.ENTRY},
        (
            *_POSTING,
            InvalidOperation,
            posting.OperationRetired,
            posting.InsufficientBalance,
            posting.NonceReused,
            posting.AlreadyClaimed,
            posting.NotReversible,
            posting.BalanceTooLarge,
        ),
        request=PostRequest,
        headers=(REPLAYED,),
    )
    def post(self, request: Request) -> HttpResponse:
        """Post an operation

        Posts `amount` units of an operation to the owner's balance, and makes the account with the first. Safe to
        retry: the same request with the same nonce posts once, and answers with the same entry, at any later time.
        A refusal leaves no trace: its nonce is free, and the same request can be posted once nothing is against it.
        """
        client, body = self.client, decode(request.data, PostRequest)
        item = body.item(self.operations)
        require(client, item.operation.scope)
        posted = posting.post_item(self.operations, item, client=client.name)
        return _posted(EntryDocument.of(posted.entry), replayed=posted.replayed)


class BalanceView(LedgerAPIView):
    @described({200: examples.BALANCE}, (AccountNotFound, MomentUnclear), query=BalanceQuery)
    def get(self, request: Request, owner_id: str) -> HttpResponse:
        """Read a balance

        The owner's balance in credits, over all apps: now, or at a moment of the past. An owner has an account from its
        first entry on.
        """
        at = self.query.at
        return answer(BalanceDocument.of(balance_at(owner_id, at) if at else balance_of(owner_id)))


class BatchView(BalanceView):
    """Posts batches, at an address that is also the one of the owner called batch."""

    max_body = 4 * 1024 * 1024  # a thousand of the longest owners and nonces, escaped
    batch = True

    @described(
        {201: examples.BATCH, 200: examples.BATCH},
        (*_POSTING, posting.InvalidBatch, posting.BatchRefused),
        request=BatchRequest,
        headers=(REPLAYED,),
    )
    def post(self, request: Request, owner_id: str) -> HttpResponse:
        """Post a batch

        Posts up to 1,000 operations of the app, for any owners, all or none. They are posted in turn: no balance may
        be below zero after any of them. A refusal names each item at fault by its index. Safe to retry, whole or in
        other batches: what was posted before is a replay, and answered with the entry that it made.
        """
        body = decode(request.data, BatchRequest)
        items = body.items(self.operations)
        for scope in {item.operation.scope for item in items}:
            require(self.client, scope)
        batch = posting.post_items(self.operations, items, client=self.client.name)
        return _posted(BatchDocument.of(batch), replayed=all(posted.replayed for posted in batch))


class EntriesView(LedgerAPIView):
    @described(
        {200: examples.ENTRIES},
        (InvalidOperation, AccountNotFound),
        query=EntriesQuery,
    )
    def get(self, request: Request, owner_id: str) -> HttpResponse:
        """List an owner's entries

        What this app has posted for the owner, newest first. `next` leads to older ones, and entries that arrive in
        between change no page that follows.
        """
        query: EntriesQuery = self.query
        if query.operation is not None:
            require_known(self.operations, query.operation)
        entries = entries_of(
            self.operations.app,
            owner_id,
            limit=query.limit,
            before=query.before,
            operation=query.operation,
            since=query.since,
            until=query.until,
        )
        following = None
        if len(entries) == query.limit:  # there may be more
            parameters = request.query_params.copy()
            parameters["before"] = str(entries[-1].seq)
            following = f"{escape_uri_path(request.path)}?{parameters.urlencode()}"
        return answer(EntriesDocument(entries=[EntryDocument.of(entry) for entry in entries], next=following))


class EntryView(LedgerAPIView):
    @described({200: examples.ENTRY}, (EntryNotFound,))
    def get(self, request: Request, entry_id: int) -> HttpResponse:
        """Read an entry

        An entry that this app has posted, by the id that it was answered with.
        """
        return answer(EntryDocument.of(entry_of(self.operations.app, entry_id)))


class OperationsView(LedgerAPIView):
    @described({200: examples.OPERATIONS}, ())
    def get(self, request: Request) -> HttpResponse:
        """List the operations

        The operations that this app can post, what each is worth, and their rules.
        """
        return answer(OperationsDocument.of(self.operations))


def _posted(document: Any, *, replayed: bool) -> HttpResponse:
    if replayed:
        return answer(document, headers={"Idempotency-Replayed": "true"})
    return answer(document, status=201)
