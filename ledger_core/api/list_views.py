"""The views of lists of entries: an owner's, and an app's over all owners."""

from typing import Any

from django.http import HttpResponse
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request

from ledger_core.access.authentication import require
from ledger_core.api.documentation import examples
from ledger_core.api.documentation.described import LINK, described
from ledger_core.api.requests.types import AppEntriesQuery, EntriesQuery, EntriesScope
from ledger_core.api.response_types import EntriesDocument, EntryDocument
from ledger_core.api.responses import json_response
from ledger_core.api.views import LedgerAPIView
from ledger_core.errors import InvalidOperation, InvalidRequest
from ledger_core.operations import Scope
from ledger_core.queries.balances import AccountNotFound
from ledger_core.queries.entries import (
    EntryNotFound,
    Filters,
    Order,
    Page,
    entries_of_app,
    entries_of_owner,
    require_known,
)


class EntriesView(LedgerAPIView):
    @described(
        {200: (examples.ENTRIES,)},
        (InvalidOperation, AccountNotFound),
        query=EntriesQuery,
        headers=(LINK,),
    )
    def get(self, request: Request, owner_id: str) -> HttpResponse:
        """List an owner's entries

        Returns the entries that this app has posted for the owner, newest first. With `scope=all`, those of all apps,
        and corrections by staff: a complete statement of the account.

        `next` is the path of the next page, or null on the last page. New entries do not change the pages that follow.
        A page can have fewer entries than `limit`, even none, and still have a next page.

        To poll for new entries, use `order=oldest_first`, and `after` with the highest `seq` that you have seen.
        """
        query: EntriesQuery = self.query
        everything = query.scope is EntriesScope.ALL
        if everything:
            require(self.client, Scope.READ_ALL)
        elif query.operation is not None:
            require_known(self.operations, query.operation)
        filters = Filters(
            app=None if everything else self.operations.app,
            operation=query.operation,
            since=query.since,
            until=query.until,
        )
        page = entries_of_owner(
            owner_id, filters, order=query.order, limit=query.limit, before=query.before, after=query.after
        )
        return _listed(request, query.order, page)


class AppEntriesView(LedgerAPIView):
    @described(
        {200: (examples.ENTRIES,)},
        (InvalidOperation, EntryNotFound),
        query=AppEntriesQuery,
        headers=(LINK,),
    )
    def get(self, request: Request) -> HttpResponse:
        """List an app's entries

        Returns the entries that this app has posted, over all owners, in the order of their times, newest first.

        `next` is the path of the next page, or null on the last page. New entries do not change the pages that follow.

        To poll for new entries, use `order=oldest_first`, and `after` with the id of the last entry that you have seen.
        In this order, the entries of the last 30 seconds are left out, so that none appears later in a page that you
        have read.
        """
        query: AppEntriesQuery = self.query
        if query.operation is not None:
            require_known(self.operations, query.operation)
        if query.metadata and not (query.owner_id or query.nonce or query.reference):
            reason = "Too many entries would have to be searched. Add owner_id, nonce or reference"
            raise InvalidRequest.of_field(f"metadata.{next(iter(query.metadata))}", reason)
        filters = Filters(
            **{name: getattr(query, name) for name in Filters.__struct_fields__ if name != "app"},
        )
        page = entries_of_app(
            self.operations.app, filters, order=query.order, limit=query.limit, before=query.before, after=query.after
        )
        return _listed(request, query.order, page)


def _listed(request: Request, order: Order, page: Page) -> HttpResponse:
    following = next_page(request, "before" if order is Order.NEWEST_FIRST else "after", page.next)
    document = EntriesDocument(entries=[EntryDocument.of(entry) for entry in page.entries], next=following)
    return json_response(document, headers=link_to(following))


def next_page(request: Request, parameter: str, value: int | None) -> str | None:
    """Return the path and query string of the page that continues at `value`. None: there is none."""
    if value is None:
        return None
    parameters: Any = request.query_params.copy()
    parameters[parameter] = str(value)
    return f"{escape_uri_path(request.path)}?{parameters.urlencode()}"


def link_to(following: str | None) -> dict[str, str]:
    """Return the header that names the next page, if there is one."""
    return {"Link": f'<{following}>; rel="next"'} if following else {}
