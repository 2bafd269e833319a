"""Credits that expire on an account's page: the open lots of all apps, and their end by staff."""

from typing import TYPE_CHECKING
from uuid import uuid4

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import quote, unquote
from django.contrib.messages import ERROR, SUCCESS
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from ledger_core.admin.corrections import staff_name
from ledger_core.errors import InvalidRequest
from ledger_core.posting import NotReversible
from ledger_core.posting.expiry import end_lot
from ledger_core.queries.lots import Lot, lot_of

if TYPE_CHECKING:
    from ledger_core.models import Account, Entry


def may_end(request: HttpRequest) -> bool:
    """Return whether the user may end lots."""
    return request.user.has_perm("ledger_core.end_lot")


class LotsPage(ModelAdmin):
    """Adds the address to an account's admin that ends a lot."""

    def end_view(self, request: HttpRequest, object_id: str, lot_id: int) -> HttpResponse:
        account: Account | None = self.get_object(request, unquote(object_id))
        if request.method != "POST" or not (self.has_view_permission(request, account) and may_end(request)):
            raise PermissionDenied
        if account is None:
            raise Http404
        lot = lot_of(account.pk, lot_id)
        if lot is None:
            self.message_user(request, f"Nothing is left of the lot {lot_id}.", ERROR)
        else:
            self._end(request, lot)
        return redirect("admin:ledger_core_account_change", quote(account.pk))

    def _end(self, request: HttpRequest, lot: Lot) -> None:
        """End the lot and note it in the admin's history, or neither. The nonce is as for the release of a hold."""
        reason = request.POST.get("reason", "").strip()
        try:
            if not reason:
                raise InvalidRequest.of_field("reason", "Say why")
            with transaction.atomic():
                ended: Entry = end_lot(lot, nonce=f"end-{uuid4()}", reason=reason, client=staff_name(request)).entry
                self.log_addition(request, ended, "Ended a lot.")
        except InvalidRequest:
            self.message_user(request, "The lot was not ended: give a reason of at most 500 characters.", ERROR)
        except NotReversible:
            self.message_user(request, "The lot was not ended: credits of it were spent meanwhile.", ERROR)
        else:
            text = f"Lot {lot.entry.pk} is ended: {-ended.delta:,d} credits were taken."
            self.message_user(request, text, SUCCESS)
