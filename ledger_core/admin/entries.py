"""Entries in the admin: read-only, and as fast with ten million entries as with ten."""

import re
from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from ledger_core.admin.references import entry_link, reason_of, reversals_of
from ledger_core.admin.settlement import SettlementPage
from ledger_core.models import Entry
from ledger_core.operations.corrections import CORRECTIONS
from ledger_core.operations.endings import HoldEnd, LotEnd
from ledger_core.plugins import app_choices, ledger_apps
from ledger_core.texts import as_html, as_text
from ledger_core.values import MAX_TEXT, EntryId, mistake_in


class FirstPages(Paginator):
    """Counts at most `limit` rows: counting ten million takes longer than reading the hundred of a page."""

    object_list: QuerySet[Any]
    limit = 10_000

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[: self.limit].count()

    @property
    def capped(self) -> bool:
        return self.count == self.limit


class BookPage(ChangeList):
    """A list page that shows its count only below the list."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # If both counts are equal, Django shows none beside the search. There, "10000 results" would be wrong if there
        # are more.
        self.full_result_count = self.result_count


class ReadOnlyAdmin(ModelAdmin):
    """For a table that only `posting` writes: nobody can add, change or delete rows here, not even a superuser."""

    paginator = FirstPages
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count the rows of each choice of each filter
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BookPage

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AppFilter(admin.SimpleListFilter):
    """Filters all entries by app. The choices are the installed apps: SELECT DISTINCT would read the complete table."""

    title = "app"
    parameter_name = "app"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [*app_choices(), (CORRECTIONS.app, "Corrections")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        return queryset.filter(app=self.value()) if self.value() else queryset


class OperationFilter(admin.SimpleListFilter):
    """Filters by `app:operation`; an index has both columns."""

    title = "operation"
    parameter_name = "operation"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        meta = model_admin.model._meta
        shown = [app for app in ledger_apps() if app.label == meta.app_label or not meta.proxy]
        codes = [f"{app.label}:{operation.code}" for app in shown for operation in (*app.operations, *HoldEnd, *LotEnd)]
        if not meta.proxy:
            codes += [f"{CORRECTIONS.app}:{operation.code}" for operation in CORRECTIONS.own]
        return [(code, code.partition(":")[2] if meta.proxy else code) for code in codes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        app, _, operation = (self.value() or "").partition(":")
        return queryset.filter(app=app, operation=operation) if operation else queryset


class LinkedFilter(admin.SimpleListFilter):
    """A filter that links from other pages use. It offers no choices but to remove it."""

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [(value, as_text(value))] if (value := self.value()) is not None else []


class OwnerFilter(LinkedFilter):
    title = "owner"
    parameter_name = "owner"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        return queryset.filter(owner_id=self.value())


class ReversesFilter(LinkedFilter):
    title = "reversed entry"
    parameter_name = "reverses"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        text = self.value() or ""
        entry_id = int(text) if text.isascii() and text.isdigit() else None
        if mistake_in(entry_id, EntryId):
            raise IncorrectLookupParameters
        return queryset.filter(reverses=entry_id)


@admin.register(Entry)
class EntryAdmin(SettlementPage, ReadOnlyAdmin):
    """All entries. For an app's proxy of Entry: that app's entries, which the manager of Entry selects."""

    change_form_template = "admin/ledger_core/entry/change_form.html"  # also of the apps' entries
    list_display = ("id", "created_on", "owner_id", "app_and_operation", "delta", "held", "balance_after", "nonce")
    list_filter = (AppFilter, OperationFilter, "created_on", OwnerFilter, ReversesFilter)
    sortable_by = ("id",)
    ordering = ("-id",)
    search_fields = ("owner_id__exact", "nonce__exact", "reference__exact")
    search_help_text = "A complete owner id, a complete nonce, both with a space between them, or a complete reference."
    fields = (
        "owner",
        "seq",
        "app",
        "operation",
        "amount",
        "delta",
        "balance_after",
        "nonce",
        "claim",
        "reversed_entry",
        "reversed_by",
        "held",
        "of_hold",
        "expires_on",
        "drawn_on_lots",
        "other_side",
        "batch",
        "client",
        "reference",
        "attached",
        "reason",
        "created_on",
        "hash_in_hexadecimal",
    )
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        urls = super().get_urls()
        if self.opts.proxy:
            return urls
        settle = self.admin_site.admin_view(self.settlement_view)
        return [path("settlement/", settle, name="ledger_core_entry_settlement"), *urls]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order by id, or by time if an operation is selected. Each has an index, so old pages are fast."""
        return ("-created_on", "-id") if OperationFilter.parameter_name in request.GET else self.ordering

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = super().get_list_filter(request)
        return [each for each in filters if each is not AppFilter] if self.opts.proxy else filters

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find an owner, a nonce or a reference exactly as typed, or an owner and a nonce with a space between them."""
        if not search_term:
            return queryset, False
        if len(search_term) > 2 * MAX_TEXT + 1:
            return queryset.none(), False
        apps = [*(app.label for app in ledger_apps()), CORRECTIONS.app]  # the index of references begins with the app
        found = Q(owner_id=search_term) | Q(nonce=search_term) | Q(app__in=apps, reference=search_term)
        for space in re.finditer(" ", search_term):  # owner ids can contain spaces, too
            found |= Q(owner_id=search_term[: space.start()], nonce=search_term[space.end() :])
        return queryset.filter(found), False

    @admin.display(description="operation")
    def app_and_operation(self, entry: Entry) -> str:
        return format_html("{}: {}", as_html(entry.app), as_html(entry.operation))

    @admin.display(description="hash")
    def hash_in_hexadecimal(self, entry: Entry) -> str:
        return bytes(entry.hash).hex()

    @admin.display(description="reverses")
    def reversed_entry(self, entry: Entry) -> str:
        return entry_link(entry.reverses) if entry.reverses else ""

    @admin.display
    def reversed_by(self, entry: Entry) -> str:
        return reversals_of(entry.owner_id, [entry]).get(entry.pk, "")

    @admin.display(description="hold that it draws on")
    def of_hold(self, entry: Entry) -> str:
        return entry_link(entry.hold) if entry.hold else ""

    @admin.display(description="drawn on lots")
    def drawn_on_lots(self, entry: Entry) -> str:
        drawn = ((entry_link(lot), spent if entry.delta else taken) for lot, taken, spent in entry.drawn or ())
        return format_html_join(mark_safe("<br>"), "{} of lot {}", ((moved, link) for link, moved in drawn))

    @admin.display(description="other side of the transfer")
    def other_side(self, entry: Entry) -> str:
        if entry.transfer is None:
            return ""
        return format_html("{} of {}", entry_link(entry.transfer), as_html(entry.counterparty or ""))

    @admin.display(description="metadata")
    def attached(self, entry: Entry) -> str:
        return format_html_join(mark_safe("<br>"), "{}: {}", ((key, as_html(text)) for key, text in self._texts(entry)))

    @staticmethod
    def _texts(entry: Entry) -> list[tuple[str, str]]:
        return [] if reason_of(entry) else sorted((entry.metadata or {}).items())

    @admin.display(description="reason")
    def reason(self, entry: Entry) -> str:
        reason = reason_of(entry)
        return format_html("<bdi>{}</bdi>", linebreaksbr(reason, autoescape=True)) if reason else ""


for _app in ledger_apps():
    for _model in _app.get_models():
        if issubclass(_model, Entry):
            admin.site.register(_model, EntryAdmin)
