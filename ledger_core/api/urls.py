"""The addresses of the API: those of one app, and all of /api."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, path, register_converter

from ledger_core.api.documentation.openapi import OpenAPIView, SwaggerPage
from ledger_core.api.documentation.problem_pages import ProblemPage, ProblemsPage
from ledger_core.api.hold_views import CaptureView, HoldsView, HoldView, OpenHoldsView, ReleaseView
from ledger_core.api.list_views import AppEntriesView, EntriesView
from ledger_core.api.owner_views import ExplanationView, LotsView
from ledger_core.api.views import BalanceView, BatchView, EntryView, OperationsView, PostView
from ledger_core.operations import OperationSet
from ledger_core.plugins import ledger_apps


class EntryIdConverter:
    """An entry's id in its only spelling. Django's own converter `int` reads 0003 as 3."""

    regex = "[1-9][0-9]{0,18}"
    to_python = int
    to_url = str


register_converter(EntryIdConverter, "entry_id")

Patterns = list[URLPattern | URLResolver]


def ledger_urls(operations: OperationSet[Any]) -> Patterns:
    """Return the URL patterns of one app's ledger, for the app's `urls` module."""
    return [
        path("ledger", PostView.as_view(operations=operations), name="post"),
        path("batches", BatchView.as_view(operations=operations), name="batch"),
        path("holds", HoldsView.as_view(operations=operations), name="holds"),
        path("holds/<entry_id:hold_id>", HoldView.as_view(operations=operations), name="hold"),
        path("holds/<entry_id:hold_id>/capture", CaptureView.as_view(operations=operations), name="capture"),
        path("holds/<entry_id:hold_id>/release", ReleaseView.as_view(operations=operations), name="release"),
        path("ledger/<str:owner_id>", BalanceView.as_view(operations=operations), name="balance"),
        path("ledger/<str:owner_id>/entries", EntriesView.as_view(operations=operations), name="entries"),
        path("ledger/<str:owner_id>/holds", OpenHoldsView.as_view(operations=operations), name="open-holds"),
        path("ledger/<str:owner_id>/lots", LotsView.as_view(operations=operations), name="lots"),
        path("ledger/<str:owner_id>/explanation", ExplanationView.as_view(operations=operations), name="explanation"),
        path("entries", AppEntriesView.as_view(operations=operations), name="app-entries"),
        path("entries/<entry_id:entry_id>", EntryView.as_view(operations=operations), name="entry"),
        path("operations", OperationsView.as_view(operations=operations), name="operations"),
    ]


def api_urls() -> Patterns:
    """Return the URL patterns of /api: all installed apps, the documents of each and of all, and the problem pages."""
    every: Patterns = []
    documents: Patterns = []
    for app in ledger_apps():
        prefix = f"api/v1/{app.namespace}/"
        plugin = path(prefix, include((f"{app.name}.urls", app.label)))
        every.append(plugin)
        documents += _documents(prefix, [plugin])
    return [
        *every,
        *documents,
        *_documents("api/", every),
        path("api/problems", ProblemsPage.as_view(), name="problems"),
        path("api/problems/<str:code>", ProblemPage.as_view(), name="problem"),
    ]


def _documents(prefix: str, patterns: Patterns) -> Patterns:
    return [
        path(f"{prefix}openapi.json", OpenAPIView.as_view(patterns=patterns)),
        path(f"{prefix}docs", SwaggerPage.as_view(url=f"/{prefix}openapi.json")),
    ]
