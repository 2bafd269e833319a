"""The views of one app's ledger. Each reads a typed request, makes one call of the domain, and returns a document."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from ledger_core import posting
from ledger_core.access.authentication import require
from ledger_core.access.rate_limits.rates import Window
from ledger_core.access.throttling import ClientThrottle
from ledger_core.api.documentation import examples
from ledger_core.api.documentation.described import IDEMPOTENCY_KEY, LOCATION, REPLAYED, described
from ledger_core.api.documentation.schema import LedgerSchema
from ledger_core.api.operation_documents import OperationsDocument
from ledger_core.api.owner_documents import BalanceDocument
from ledger_core.api.problems.http_errors import BodyTooLarge, UnsupportedMediaType
from ledger_core.api.requests.decoding import decode
from ledger_core.api.requests.idempotency import nonce_of, require_no_key
from ledger_core.api.requests.queries import decode_query
from ledger_core.api.requests.types import BalanceQuery, BatchRequest, NoQuery, PostRequest
from ledger_core.api.response_types import (
    BatchDocument,
    EntryDocument,
    batch_preview_of,
    preview_of,
)
from ledger_core.api.responses import conditional, json_response
from ledger_core.errors import AccountLocked, InvalidOperation
from ledger_core.models import Client
from ledger_core.operations import Operation, OperationSet
from ledger_core.posting.batch import post_items
from ledger_core.posting.single import post_item
from ledger_core.posting.trying import try_item, try_items
from ledger_core.queries.balances import AccountNotFound, MomentUnclear, balance_at, balance_of
from ledger_core.queries.entries import EntryNotFound, entry_of
from ledger_core.speed.cycles import break_cycles
from ledger_core.speed.negotiation import Negotiation

POSTING = (BodyTooLarge, UnsupportedMediaType, AccountLocked)


class LedgerAPIView(APIView):
    """A view of one app, whose operations `as_view` gets."""

    operations: OperationSet[Any] = OperationSet("", Operation)  # as_view only accepts names that the class has
    schema = LedgerSchema()
    throttle_classes = (ClientThrottle,)
    content_negotiation_class = Negotiation
    skips_page_middleware = True  # see speed.shortcut
    http_method_names = ["get", "head", "post"]  # no OPTIONS: the API has OpenAPI documents
    max_body = 64 * 1024

    default_response_headers: dict[str, str] = {}  # no Allow, which only a 405 needs

    window: Window | None = None  # the rate limit of this request, from ClientThrottle
    query: Any  # the decoded query string, of the type that `described` gives the method

    @property
    def client(self) -> Client:
        """The client whose key the request has."""
        client: Any = self.request.user  # from KeyAuthentication
        assert isinstance(client, Client)  # noqa: S101
        return client

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate the client, then read the query string.

        This runs before every method, so that an unknown parameter is rejected. Otherwise `?dry_run=true` would be
        ignored, and the request would post.
        """
        super().initial(request, *args, **kwargs)
        of_django = request._request
        method = str(of_django.method).lower()
        if method in self.http_method_names and hasattr(self, method):  # DRF rejects the others with 405
            self.query = decode_query(of_django, getattr(getattr(self, method), "query", NoQuery))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if response.status_code == 200 and request.method != "POST":
            response = conditional(request._request, response)
        for name, value in self.window.headers.items() if self.window else ():
            response[name] = value
        finalized = super().finalize_response(request, response, *args, **kwargs)
        break_cycles(self, request)
        return finalized


class PostView(LedgerAPIView):
    @described(
        {201: (examples.ENTRY,), 200: (examples.ENTRY, examples.PREVIEW)},
        (
            *POSTING,
            InvalidOperation,
            posting.OperationRetired,
            posting.InsufficientBalance,
            posting.NonceReused,
            posting.AlreadyClaimed,
            posting.NotReversible,
            posting.BalanceTooLarge,
        ),
        request=PostRequest,
        headers=(REPLAYED, LOCATION, IDEMPOTENCY_KEY),
    )
    def post(self, request: Request) -> HttpResponse:
        """Post an operation

        Posts `amount` units of an operation to the owner's balance. The owner's first entry creates the account.

        Retries are safe at any time: requests with the same nonce post once and return the same entry. A rejected
        request changes nothing, and its nonce can be used again.

        The header `Idempotency-Key` can have the nonce instead of the body.

        With `dry_run`, nothing is posted. The response is the entry that would be posted, or the same problem.
        """
        client, body = self.client, decode(request.data, PostRequest)
        item = body.item(self.operations, nonce_of(request._request, body.nonce))
        require(client, item.operation.scope)
        act = try_item if body.dry_run else post_item
        posted = act(self.operations, item, client=client.name)
        if body.dry_run and not posted.replayed:
            return json_response(preview_of(posted))
        return posted_response(posted, request.path.removesuffix("ledger"))


class BalanceView(LedgerAPIView):
    @described({200: (examples.BALANCE,)}, (AccountNotFound, MomentUnclear), query=BalanceQuery)
    def get(self, request: Request, owner_id: str) -> HttpResponse:
        """Read a balance

        Returns the owner's balance in credits over all apps, now or at a past time. The owner's first
        entry creates the account.
        """
        at = self.query.at
        return json_response(
            BalanceDocument.at(balance_at(owner_id, at)) if at else BalanceDocument.of(balance_of(owner_id))
        )


class BatchView(LedgerAPIView):
    max_body = 4 * 1024 * 1024  # room for a thousand items with the longest owner ids and nonces, escaped

    @described(
        {201: (examples.BATCH,), 200: (examples.REPLAYED_BATCH, examples.BATCH_PREVIEW)},
        (*POSTING, posting.InvalidBatch, posting.BatchRefused),
        request=BatchRequest,
        headers=(REPLAYED,),
    )
    def post(self, request: Request) -> HttpResponse:
        """Post a batch

        Posts up to 1,000 items, for any owners: all of them or none. They are posted in order, and no balance may be
        below zero after any of them. If the batch is rejected, `items` lists each item that cannot be posted, by its
        index.

        Retries are safe, also in other batches: an item that was posted before is a replay, and returns its entry.

        With `dry_run`, nothing is posted. The response has the entries that would be posted, or is the same problem.
        """
        require_no_key(request._request)
        body = decode(request.data, BatchRequest)
        items = body.items(self.operations)
        for scope in sorted({item.operation.scope for item in items}):
            require(self.client, scope)
        if body.dry_run:
            return json_response(batch_preview_of(try_items(self.operations, items, client=self.client.name)))
        batch = post_items(self.operations, items, client=self.client.name)
        return created(BatchDocument.of(batch), replayed=all(posted.replayed for posted in batch))


class EntryView(LedgerAPIView):
    @described({200: (examples.ENTRY,)}, (EntryNotFound,))
    def get(self, request: Request, entry_id: int) -> HttpResponse:
        """Read an entry

        Returns an entry that this app has posted, by its id.
        """
        return json_response(EntryDocument.of(entry_of(self.operations.app, entry_id)))


class OperationsView(LedgerAPIView):
    @described({200: (examples.OPERATIONS,)}, ())
    def get(self, request: Request) -> HttpResponse:
        """List the operations

        Returns the operations that this app can post, with their values and rules.
        """
        return json_response(OperationsDocument.of(self.operations))


def posted_response(posted: posting.Posted, root: str) -> HttpResponse:
    """Return the response to a post. `root` is the path of the app's ledger."""
    document = EntryDocument.of(posted.entry, posted.other)
    return created(document, f"{root}entries/{posted.entry.pk}", replayed=posted.replayed)


def created(document: Any, location: str | None = None, *, replayed: bool) -> HttpResponse:
    """Return 201 with the document of what the request has made, or 200 if an earlier request had made it."""
    if replayed:
        return json_response(document, headers={"Idempotency-Replayed": "true"})
    return json_response(document, status=201, headers={"Location": location} if location else None)
