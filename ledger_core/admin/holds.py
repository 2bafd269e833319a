"""Holds on an account's page: the open ones of all apps, and their release by staff."""

from uuid import uuid4

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import quote, unquote
from django.contrib.messages import ERROR, SUCCESS
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from ledger_core.admin.corrections import staff_name
from ledger_core.errors import AccountLocked, LedgerError
from ledger_core.models import Account, Entry
from ledger_core.operations import OperationSet
from ledger_core.operations.endings import HoldEnd
from ledger_core.posting import release

MOST = 50  # the most open holds on the page, and the most lots


def may_release(request: HttpRequest) -> bool:
    """Return whether the user may release holds."""
    return request.user.has_perm("ledger_core.release_hold")


class HoldsPage(ModelAdmin):
    """Adds the address to an account's admin that releases a hold."""

    def release_view(self, request: HttpRequest, object_id: str, hold_id: int) -> HttpResponse:
        account: Account | None = self.get_object(request, unquote(object_id))
        if request.method != "POST" or not (self.has_view_permission(request, account) and may_release(request)):
            raise PermissionDenied
        entry = Entry.objects.filter(pk=hold_id, owner_id=account.pk if account else None).first()
        if account is None or entry is None:
            raise Http404
        try:
            posted = self._release(request, entry)
        except AccountLocked:  # api.problems shows a page that asks to send the same form again
            raise
        except LedgerError as error:  # captured, released or expired meanwhile
            self.message_user(request, error.detail.replace(account.pk, str(account)), ERROR)
        else:
            self.message_user(
                request, f"Hold {hold_id} is released: {-posted.held:,d} credits can be spent again.", SUCCESS
            )
        return redirect("admin:ledger_core_account_change", quote(account.pk))

    def _release(self, request: HttpRequest, entry: Entry) -> Entry:
        """Release the hold and note it in the admin's history, or neither.

        The nonce is random, so that no client can have used it before. The app need not be installed any more.
        """
        with transaction.atomic():
            operations = OperationSet(entry.app, HoldEnd)
            nonce = f"release-{uuid4()}"
            released = release(operations, entry.pk, nonce=nonce, client=staff_name(request)).entry
            self.log_addition(request, released, "Released a hold.")
        return released
