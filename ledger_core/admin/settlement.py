"""The settlement of a period: which credits paid for what."""

from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from ledger_core.queries.settlement import Settlement, Source, as_csv, as_json, settlement

PATIENCE = 8.0  # seconds; a proxy waits for fifteen


class TooManyEntries(Exception):
    """The settlement took longer than a page may take."""


class PeriodForm(forms.Form):
    since = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="Until, not included", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        days: dict[str, Any] = super().clean() or {}
        if len(days) == 2 and days["since"] >= days["until"]:
            raise forms.ValidationError("The end has to be after the beginning.")
        return days

    @property
    def period(self) -> tuple[datetime, datetime]:
        """The moments at which the days begin, in UTC."""
        since, until = (datetime.combine(self.cleaned_data[day], time.min, UTC) for day in ("since", "until"))
        return since, until


class SettlementPage(ModelAdmin):
    """Adds the page of the settlement to the entries' admin, and its CSV and JSON."""

    def settlement_view(self, request: HttpRequest) -> HttpResponse:
        if not all(request.user.has_perm(f"ledger_core.view_{name}") for name in ("entry", "account")):
            raise PermissionDenied
        form = PeriodForm(request.GET if "since" in request.GET or "until" in request.GET else this_month())
        settled = None
        if form.is_valid():
            try:
                settled = settled_soon(*form.period)
            except TooManyEntries:
                form.add_error(None, "There are too many entries for this page. Run manage.py settlement instead.")
        if settled and request.GET.get("format") in ("csv", "json"):
            return _file(settled, request.GET["format"], *form.period)
        context = {
            **self.admin_site.each_context(request),
            "title": "Settlement",
            "opts": self.opts,
            "form": form,
            "settled": settled,
            "rows": _rows(settled) if settled else [],
            "query": urlencode({"since": form["since"].value(), "until": form["until"].value()}),
        }
        return TemplateResponse(request, "admin/ledger_core/entry/settlement.html", context)


def this_month() -> dict[str, date]:
    """Return the period from the first of this month in UTC to the first of the next."""
    first = timezone.now().date().replace(day=1)
    return {"since": first, "until": (first + timedelta(days=31)).replace(day=1)}


def settled_soon(since: datetime, until: datetime) -> Settlement:
    """Return the settlement of the period. Raises TooManyEntries if it takes longer than a page may take."""
    end = monotonic() + PATIENCE

    def give_up(entries: int) -> None:
        if monotonic() > end:
            raise TooManyEntries

    return settlement(since, until, progress=give_up)


def _rows(settled: Settlement) -> list[tuple[Source | None, list[int]]]:
    """Return the numbers of each line: left before, given, taken by each taker, left after. The last row: sums."""
    rows: list[tuple[Source | None, list[int]]] = [
        (line.source, [line.before, line.given, *(-line.spent.get(t, 0) for t in settled.takers), line.after])
        for line in settled.lines
    ]
    return [*rows, (None, [sum(column) for column in zip(*(numbers for _, numbers in rows), strict=True)])]


def _file(settled: Settlement, kind: str, since: datetime, until: datetime) -> HttpResponse:
    content: str | bytes = as_csv(settled) if kind == "csv" else as_json(settled, since, until)
    response = HttpResponse(content, content_type="text/csv" if kind == "csv" else "application/json")
    response["Content-Disposition"] = f'attachment; filename="settlement-{since:%Y-%m-%d}-{until:%Y-%m-%d}.{kind}"'
    return response
