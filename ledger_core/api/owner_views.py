"""The views of what an owner's balance consists of."""

from django.http import HttpResponse
from rest_framework.request import Request

from ledger_core.access.authentication import require
from ledger_core.api.documentation import examples
from ledger_core.api.documentation.described import LINK, described
from ledger_core.api.list_views import link_to, next_page
from ledger_core.api.owner_documents import ExplanationDocument, LotDocument, LotsDocument
from ledger_core.api.requests.types import EntriesScope, ExplanationQuery, LotsQuery
from ledger_core.api.responses import json_response
from ledger_core.api.views import LedgerAPIView
from ledger_core.operations import Scope
from ledger_core.queries.balances import AccountNotFound
from ledger_core.queries.explanation import explanation_of
from ledger_core.queries.lots import lots_of


class LotsView(LedgerAPIView):
    @described({200: (examples.LOTS,)}, (), query=LotsQuery, headers=(LINK,))
    def get(self, request: Request, owner_id: str) -> HttpResponse:
        """List an owner's lots

        Returns the owner's credits that expire, from all apps, in the order in which debits use them. Credits that have
        expired, are spent or are held are left out. `next` is the path of the next page, or null on the last page.
        """
        query: LotsQuery = self.query
        found = lots_of(owner_id, limit=query.limit + 1, after=query.after)
        page = found[: query.limit]
        following = next_page(request, "after", page[-1].entry.pk if len(found) > query.limit else None)
        document = LotsDocument(lots=[LotDocument.of(lot) for lot in page], next=following)
        return json_response(document, headers=link_to(following))


class ExplanationView(LedgerAPIView):
    @described({200: (examples.EXPLANATION,)}, (AccountNotFound,), query=ExplanationQuery)
    def get(self, request: Request, owner_id: str) -> HttpResponse:
        """Explain a balance

        Returns the balance, and how many credits each operation of this app has added or taken. With `scope=all`, the
        response has the operations of all apps, and corrections by staff. It reads all entries of the owner.
        """
        everything = self.query.scope is EntriesScope.ALL
        if everything:
            require(self.client, Scope.READ_ALL)
        app = None if everything else self.operations.app
        return json_response(ExplanationDocument.of(explanation_of(owner_id), app))
