"""The admin site, and rules that hold on each of its pages, also those of Django and of third-party apps.

Texts from outside are isolated, and queries with an unknown filter, value or page are rejected. Django makes the site
before it imports modules called `admin`, so this module is not in `ledger_core.admin`.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cache
from typing import Any
from urllib.parse import unquote_plus

from django.contrib import admin
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets, quote, unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist, SuspiciousOperation, ValidationError
from django.db import DataError
from django.db.models import CharField, Field, ForeignKey, Model, QuerySet, TextField
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from ledger_core.texts import as_html, as_text


class UnusableQuery(Exception):
    """The query of a list page has a filter, a value or a page that does not exist."""


@cache
def isolated_column(field: Field) -> Callable[[Model], str]:
    """Return a function that shows a field's text isolated, for `list_display` and for read-only fields."""

    @admin.display(description=field.verbose_name, ordering=field.attname)
    def column(row: Model) -> str:
        return as_html(getattr(row, field.attname) or "")

    column.__name__ = field.attname
    return column


class StrictList(ChangeList):
    """A list page that rejects what its filters do not offer, instead of ignoring it and showing more rows."""

    def get_filters(self, request: HttpRequest) -> Any:
        for parameter, values in self.filter_params.items():
            # Django would read any other value as True.
            if parameter.endswith("__isnull") and not {"True", "False"}.issuperset(values):
                raise IncorrectLookupParameters
        found = super().get_filters(request)
        filters, _, remaining, *_ = found
        # `date_hierarchy` is not a filter. Django has checked its values and made these two parameters from them.
        hierarchy = {f"{self.date_hierarchy}__gte", f"{self.date_hierarchy}__lt"}
        if unknown := remaining.keys() - hierarchy:
            raise DisallowedModelAdminLookup(f"No filter offers {', '.join(sorted(unknown))}")
        for spec in filters:
            if isinstance(spec, admin.SimpleListFilter) and not _offers(spec, spec.value()):
                raise IncorrectLookupParameters
        return found


def _offers(spec: admin.SimpleListFilter, value: str | None) -> bool:
    return value is None or value in {str(choice) for choice, _ in spec.lookup_choices}


class StrictAdmin(ModelAdmin):
    """Mixed into every ModelAdmin by `LedgerSite`."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        changelist = super().get_changelist(request, **kwargs)
        return type(changelist.__name__, (StrictList, changelist), {})

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        if "\0" in unquote_plus(request.META["QUERY_STRING"]):  # PostgreSQL's texts cannot contain it
            raise UnusableQuery
        try:
            for pk in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(pk)
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, SuspiciousOperation, ValidationError, DataError, OverflowError) as error:
            raise UnusableQuery from error

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Return an error page where Django would redirect to the unfiltered list."""
        try:
            return super().changelist_view(request, extra_context)
        except UnusableQuery:
            title = "This list has no such filter, value or page"
            context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
            return TemplateResponse(request, "admin/ledger_core/unusable_query.html", context, status=400)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if "\0" in search_term:  # from autocompletion, which does not pass get_changelist_instance
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        try:
            found: Model | None = super().get_object(request, object_id, from_field)
        except DataError:
            return None
        # Django finds entry 10 by the id 1_0, and by digits of other scripts.
        return found if from_field or found is None or str(found.pk) == object_id else None

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._isolated(super().get_list_display(request), but=self.list_editable)

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return self._isolated(super().get_sortable_by(request), but=self.list_editable)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._isolated(super().get_readonly_fields(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        typed: set[Any] = set()  # fields of the form: their texts are isolated by their input elements
        if obj is None or self.has_change_permission(request, obj):
            typed = {*flatten_fieldsets(fieldsets)}.difference(super().get_readonly_fields(request, obj))
        return [(title, {**rest, "fields": self._isolated(rest["fields"], but=typed)}) for title, rest in fieldsets]

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Redirect as Django does, with the id isolated in the message, because the author of the link chose it."""
        shown = quote(as_text(unquote(object_id)))
        response: HttpResponse = super()._get_obj_does_not_exist_redirect(request, opts, shown)  # type: ignore[misc]
        return response

    def _isolated(self, names: Iterable[Any], but: Collection[Any] = ()) -> list[Any]:
        """Return the names with each text field replaced by its `isolated_column`, except those in `but`."""
        return [
            [*self._isolated(name, but)]
            if isinstance(name, list | tuple)
            else isolated_column(self.opts.get_field(name))
            if name not in but and self._is_text(name)
            else name
            for name in names
        ]

    def _is_text(self, name: Any) -> bool:
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:  # the name of a method, or a function
            return False
        if isinstance(field, ForeignKey) and name == field.attname:  # the id of the referenced row
            field = field.target_field
        return isinstance(field, CharField | TextField) and not field.choices


class LedgerSite(AdminSite):
    site_header = site_title = "Shared Ledger"
    index_title = "Overview"

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin] | None = None,
        **options: Any,
    ) -> None:
        models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
        admin_class = admin_class or ModelAdmin
        super().register(models, type(admin_class.__name__, (StrictAdmin, admin_class), {}), **options)
