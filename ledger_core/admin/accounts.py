"""The page of an account: its balance, holds, lots and newest entries, and the forms for staff."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from ledger_core.admin import charts
from ledger_core.admin.corrections import CorrectionPage, may_correct
from ledger_core.admin.entries import ReadOnlyAdmin
from ledger_core.admin.holds import MOST, HoldsPage, may_release
from ledger_core.admin.lots import LotsPage, may_end
from ledger_core.admin.references import entries_url, references_of
from ledger_core.models import Account, Entry
from ledger_core.queries.balances import Balance, balance_of, history_of
from ledger_core.queries.holds import open_holds_of
from ledger_core.queries.lots import lots_of

POINTS = 200  # of the chart, which is too small to show more
NEWEST = 20  # entries on the page


def current(account: Account) -> Balance:
    """Return the balance without what has expired. If the account has holds or lots, it is read again, once."""
    found: Balance | None = vars(account).get("current")
    if found is None:
        found = Balance(account.pk, account.balance, 0, account.seq, account.updated_on)
        if account.held or account.lots:
            found = balance_of(account.pk)
        vars(account)["current"] = found
    return found


@admin.register(Account)
class AccountAdmin(CorrectionPage, HoldsPage, LotsPage, ReadOnlyAdmin):
    fields = ("owner_id", "balance_now", "held_now", "available", "next_expiry", "seq", "created_on", "updated_on")
    readonly_fields = ("balance_now", "held_now", "available", "next_expiry")
    list_display = ("owner_id", "balance_now", "held_now", "available", "seq", "updated_on")
    sortable_by = ("owner_id",)  # other columns have no index, because an index would slow down each post
    ordering = ("owner_id",)
    search_fields = ("owner_id__startswith",)
    search_help_text = "The beginning of an owner id. Upper and lower case are different."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for the complete text: owner ids can contain spaces, at which Django would split it."""
        return queryset.filter(owner_id__startswith=search_term), False

    def get_urls(self) -> list[URLPattern]:
        correction = self.admin_site.admin_view(self.correction_view)
        release = self.admin_site.admin_view(self.release_view)
        end = self.admin_site.admin_view(self.end_view)
        return [
            path("<path:object_id>/correction/", correction, name="ledger_core_account_correction"),
            path("<path:object_id>/release/<int:hold_id>/", release, name="ledger_core_account_release"),
            path("<path:object_id>/end/<int:lot_id>/", end, name="ledger_core_account_end"),
            *super().get_urls(),
        ]

    @admin.display(description="balance")
    def balance_now(self, account: Account) -> int:
        return current(account).balance

    @admin.display(description="held")
    def held_now(self, account: Account) -> int:
        return current(account).held

    @admin.display
    def available(self, account: Account) -> int:
        return current(account).available

    @admin.display
    def next_expiry(self, account: Account) -> str:
        expiry = current(account).next_expiry
        return f"{expiry.credits:,} credits, on {expiry.expires_on:%Y-%m-%d at %H:%M} UTC" if expiry else ""

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Account | None = None,
    ) -> HttpResponse:
        if obj is not None:
            context |= self._history(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _history(self, request: HttpRequest, account: Account) -> dict[str, Any]:
        now = timezone.now()
        history = history_of(account, points=POINTS)
        shown = {
            "chart": charts.balance_chart(history, now),
            "chart_box": charts.BOX,
            "history": history,
            "drawn_on": now,
            "balance": current(account).balance,
            "may_correct": may_correct(request),
        }
        if request.user.has_perm("ledger_core.view_entry"):
            newest = list(Entry.objects.filter(owner_id=account.pk).order_by("-seq")[:NEWEST])
            references = references_of(account.pk, newest)
            shown["newest"] = [(entry, references[entry.pk]) for entry in newest]
            shown["entries_url"] = entries_url(owner=account.pk)
            shown["holds"] = open_holds_of(None, account.pk, limit=MOST) if account.held else []
            shown["may_release"] = may_release(request)
            shown["lots"] = lots_of(account.pk, limit=MOST) if current(account).next_expiry else []
            shown["may_end"] = may_end(request)
        return shown
