"""The views of an app's holds."""

from django.http import HttpResponse
from rest_framework.request import Request

from ledger_core import posting
from ledger_core.access.authentication import require
from ledger_core.api.documentation import examples
from ledger_core.api.documentation.described import IDEMPOTENCY_KEY, LINK, LOCATION, REPLAYED, described
from ledger_core.api.hold_documents import HoldDocument, HoldsDocument, hold_preview_of
from ledger_core.api.list_views import link_to, next_page
from ledger_core.api.requests.decoding import decode
from ledger_core.api.requests.idempotency import nonce_of
from ledger_core.api.requests.types import CaptureRequest, HoldRequest, HoldsQuery, ReleaseRequest
from ledger_core.api.responses import json_response
from ledger_core.api.views import POSTING, LedgerAPIView, created, posted_response
from ledger_core.errors import InvalidOperation
from ledger_core.operations import Scope
from ledger_core.posting.holds import capture, hold_item, release
from ledger_core.queries.holds import HoldNotFound, hold_of, open_holds_of
from ledger_core.rules import holds

_DRAWING = (*POSTING, HoldNotFound, posting.NonceReused, holds.HoldCaptured, holds.HoldReleased, holds.HoldExpired)


class HoldsView(LedgerAPIView):
    @described(
        {201: (examples.HOLD,), 200: (examples.HOLD, examples.HOLD_PREVIEW)},
        (
            *POSTING,
            InvalidOperation,
            posting.OperationRetired,
            posting.InsufficientBalance,
            posting.NonceReused,
        ),
        request=HoldRequest,
        headers=(REPLAYED, LOCATION, IDEMPOTENCY_KEY),
    )
    def post(self, request: Request) -> HttpResponse:
        """Hold credits

        Reserves the credits that `amount` units of a debit take. The credits stay in the balance, but nothing
        else can take them until the hold is captured, is released, or expires.

        Retries are safe at any time: requests with the same nonce make one hold. With `dry_run`, nothing is held.
        """
        require(self.client, Scope.POST)
        body = decode(request.data, HoldRequest)
        item = body.item(self.operations, nonce_of(request._request, body.nonce))
        held = hold_item(self.operations, item, body.expires_in, dry_run=body.dry_run, client=self.client.name)
        if body.dry_run and not held.replayed:
            return json_response(hold_preview_of(held.hold))
        location = f"{request.path}/{held.hold.entry.pk}"
        return created(HoldDocument.of(held.hold), location, replayed=held.replayed)


class HoldView(LedgerAPIView):
    @described({200: (examples.HOLD,)}, (HoldNotFound,))
    def get(self, request: Request, hold_id: int) -> HttpResponse:
        """Read a hold

        Returns a hold that this app has made, as it is now.
        """
        return json_response(HoldDocument.of(hold_of(self.operations.app, hold_id)))


class CaptureView(LedgerAPIView):
    @described(
        {201: (examples.CAPTURE,), 200: (examples.CAPTURE,)},
        (*_DRAWING, holds.HoldExceeded),
        request=CaptureRequest,
        headers=(REPLAYED, LOCATION, IDEMPOTENCY_KEY),
    )
    def post(self, request: Request, hold_id: int) -> HttpResponse:
        """Capture a hold

        Posts the debit for `amount` units of the hold, or for all that are left. Each unit takes the credits that were
        held for it, even if the operation's value has changed since. The rest is released, unless `final` is false.

        Retries are safe at any time: requests with the same nonce capture once.
        """
        require(self.client, Scope.POST)
        body = decode(request.data, CaptureRequest)
        nonce = nonce_of(request._request, body.nonce)
        posted = capture(
            self.operations, hold_id, nonce=nonce, amount=body.amount, final=body.final, client=self.client.name
        )
        return posted_response(posted, request.path.rpartition("holds/")[0])


class ReleaseView(LedgerAPIView):
    @described(
        {201: (examples.RELEASE,), 200: (examples.RELEASE,)},
        _DRAWING,
        request=ReleaseRequest,
        headers=(REPLAYED, LOCATION, IDEMPOTENCY_KEY),
    )
    def post(self, request: Request, hold_id: int) -> HttpResponse:
        """Release a hold

        Ends the hold. The credits that are left of it can be spent again.

        Retries are safe at any time: requests with the same nonce release once.
        """
        require(self.client, Scope.POST)
        nonce = nonce_of(request._request, decode(request.data, ReleaseRequest).nonce)
        posted = release(self.operations, hold_id, nonce=nonce, client=self.client.name)
        return posted_response(posted, request.path.rpartition("holds/")[0])


class OpenHoldsView(LedgerAPIView):
    @described({200: (examples.HOLDS,)}, (), query=HoldsQuery, headers=(LINK,))
    def get(self, request: Request, owner_id: str) -> HttpResponse:
        """List an owner's open holds

        Returns the holds that this app has made for the owner and that are open, newest first. `next` is the path of
        the next page, or null on the last page.
        """
        query: HoldsQuery = self.query
        found = open_holds_of(self.operations.app, owner_id, limit=query.limit + 1, before=query.before)
        page = found[: query.limit]
        following = next_page(request, "before", page[-1].entry.pk if len(found) > query.limit else None)
        document = HoldsDocument(holds=[HoldDocument.of(hold) for hold in page], next=following)
        return json_response(document, headers=link_to(following))
