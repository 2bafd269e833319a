"""System checks: a plugin's mistakes are found when the process starts, not at the first post."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.core.checks import CheckMessage, Error

from ledger_core.operations import Operation, OperationSet, Reversal, SharedOperation
from ledger_core.plugins import LedgerApp, ledger_apps

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_NAMESPACE = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def check_plugins(**_: Any) -> list[CheckMessage]:
    """Check every installed ledger app, and that no two of them collide."""
    plugins = list(ledger_apps())
    return [*_collisions(plugins), *(message for plugin in plugins for message in _check(plugin))]


def _collisions(plugins: list[LedgerApp]) -> Iterator[CheckMessage]:
    for namespace, count in Counter(plugin.namespace for plugin in plugins).items():
        if count > 1:
            labels = ", ".join(plugin.label for plugin in plugins if plugin.namespace == namespace)
            yield Error(
                f"The apps {labels} have one namespace: {namespace}.",
                hint="Set `namespace` on the LedgerApp of all but one.",
                id="ledger_core.E001",
            )
    labels_in_books = Counter(plugin.operations.app for plugin in plugins if _has_operations(plugin))
    for app, count in labels_in_books.items():
        if count > 1:
            yield Error(
                f"{count} apps post to the books under one label: {app}.",
                hint="Give each OperationSet the label of its own app.",
                id="ledger_core.E002",
            )


def _check(plugin: LedgerApp) -> Iterator[CheckMessage]:
    if not _has_operations(plugin):
        yield Error(
            f"The ledger app {plugin.label} has no operations.",
            hint='Set `operations = OperationSet("<label>", <its Operation class>)` on its LedgerApp; '
            "the class has a member at least.",
            obj=plugin,
            id="ledger_core.E003",
        )
        return
    if plugin.operations.app != plugin.label:
        yield Error(
            f"The app {plugin.label} posts to the books as {plugin.operations.app}.",
            hint=f'Write OperationSet("{plugin.label}", …).',
            obj=plugin,
            id="ledger_core.E004",
        )
    for alias, operation in plugin.operations.own.__members__.items():
        if alias != operation.code:
            yield Error(
                f"The operations {operation.code} and {alias} of {plugin.label} are one: they have the same Terms.",
                hint="Write Terms(…) for each of them.",
                obj=plugin,
                id="ledger_core.E010",
            )
    yield from _check_urls(plugin)
    for operation in plugin.operations.own:
        if operation.code in SharedOperation.__members__:
            yield Error(
                f"The app {plugin.label} has an operation of its own that every app shares: {operation.code}.",
                hint="Choose another name for it.",
                obj=plugin,
                id="ledger_core.E005",
            )
        if not _CODE.fullmatch(operation.code):
            yield Error(
                f"The operation {operation.code} of {plugin.label} has a name that is no code.",
                hint="Use capitals, digits and underscores, 64 at most, a letter first.",
                obj=plugin,
                id="ledger_core.E006",
            )
        yield from _check_reversal(plugin, operation)
    if not _NAMESPACE.fullmatch(plugin.namespace):
        yield Error(
            f"The namespace {plugin.namespace!r} of {plugin.label} does not fit a URL.",
            hint="Use small letters, digits, hyphens and underscores, 64 at most, a letter first.",
            obj=plugin,
            id="ledger_core.E007",
        )


def _check_reversal(plugin: LedgerApp, operation: Operation) -> Iterator[CheckMessage]:
    terms = operation.terms
    if isinstance(terms, Reversal) and terms.of not in [other.terms for other in type(operation)]:
        yield Error(
            f"The operation {operation.code} of {plugin.label} reverses one that is not of its class.",
            hint="Name a member that stands above it: Reversal(PURCHASE, …).",
            obj=plugin,
            id="ledger_core.E008",
        )


def _check_urls(plugin: LedgerApp) -> Iterator[CheckMessage]:
    # Without the module, Django has said so already.
    views = [getattr(pattern, "callback", None) for pattern in import_module(f"{plugin.name}.urls").urlpatterns]
    served = [getattr(view, "view_initkwargs", {}).get("operations", plugin.operations) for view in views]
    if any(operations is not plugin.operations for operations in served):
        yield Error(
            f"The module {plugin.name}.urls serves another app's operations.",
            hint=f"Write urlpatterns = ledger_urls(OPERATIONS), with the OPERATIONS of {plugin.name}.operations.",
            obj=plugin,
            id="ledger_core.E011",
        )


def _has_operations(plugin: LedgerApp) -> bool:
    operations = getattr(plugin, "operations", None)
    if not isinstance(operations, OperationSet):
        return False
    own: type[Operation] = operations.own
    return len(own) > 0
