"""System checks of apps: they find mistakes when a process starts, not at the first post."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.core.checks import CheckMessage, Error

from ledger_core.operations import Operation, OperationSet, SharedOperation
from ledger_core.operations.endings import RESERVED
from ledger_core.plugins import LedgerApp, ledger_apps

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_NAMESPACE = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def check_plugins(**_: Any) -> list[CheckMessage]:
    """Check each installed app of the ledger, and that no two of them have the same namespace or label."""
    plugins = list(ledger_apps())
    return [*_collisions(plugins), *(message for plugin in plugins for message in _check(plugin))]


def _collisions(plugins: list[LedgerApp]) -> Iterator[CheckMessage]:
    for namespace, count in Counter(plugin.namespace for plugin in plugins).items():
        if count > 1:
            labels = ", ".join(plugin.label for plugin in plugins if plugin.namespace == namespace)
            yield Error(
                f"The apps {labels} have the same namespace: {namespace}.",
                hint="Set `namespace` on the LedgerApp of all but one of them.",
                id="ledger_core.E001",
            )
    labels_of_sets = Counter(plugin.operations.app for plugin in plugins if _has_operations(plugin))
    for app, count in labels_of_sets.items():
        if count > 1:
            yield Error(
                f"The OperationSets of {count} apps have the same label: {app}.",
                hint="Give each OperationSet the label of its own app.",
                id="ledger_core.E002",
            )


def _check(plugin: LedgerApp) -> Iterator[CheckMessage]:
    if not _has_operations(plugin):
        yield Error(
            f"The app {plugin.label} has no operations.",
            hint='Set `operations = OperationSet("<label>", <its Operation class>)` on its LedgerApp. '
            "The class needs at least one member.",
            obj=plugin,
            id="ledger_core.E003",
        )
        return
    if plugin.operations.app != plugin.label:
        yield Error(
            f"The OperationSet of the app {plugin.label} has the label {plugin.operations.app}.",
            hint=f'Write OperationSet("{plugin.label}", …).',
            obj=plugin,
            id="ledger_core.E004",
        )
    for alias, operation in plugin.operations.own.__members__.items():
        if alias != operation.code:
            yield Error(
                f"{operation.code} and {alias} of {plugin.label} are two names of one operation.",
                hint="Write Plain(…) or Reversal(…) for each of them.",
                obj=plugin,
                id="ledger_core.E010",
            )
    yield from _check_urls(plugin)
    for operation in plugin.operations.own:
        if operation.code in {*SharedOperation.__members__, *RESERVED}:
            yield Error(
                f"The operation {operation.code} of {plugin.label} has the name of an operation that all apps have.",
                hint="Choose another name for it.",
                obj=plugin,
                id="ledger_core.E005",
            )
        if not _CODE.fullmatch(operation.code):
            yield Error(
                f"The operation {operation.code} of {plugin.label} has an invalid name.",
                hint="Use capital letters, digits and underscores, at most 64, a letter first.",
                obj=plugin,
                id="ledger_core.E006",
            )
        yield from _check_kind(plugin, operation)
    if not _NAMESPACE.fullmatch(plugin.namespace):
        yield Error(
            f"The namespace {plugin.namespace!r} of {plugin.label} is invalid.",
            hint="Use lowercase letters, digits, hyphens and underscores, at most 64, a letter first.",
            obj=plugin,
            id="ledger_core.E007",
        )


def _check_kind(plugin: LedgerApp, operation: Operation) -> Iterator[CheckMessage]:
    if mistake := operation.kind.mistake([other.kind for other in type(operation)]):
        yield Error(
            f"The operation {operation.code} of {plugin.label} {mistake}.",
            hint="A reversal names a member above it: Reversal(PURCHASE, …). hold_for needs a negative value.",
            obj=plugin,
            id="ledger_core.E008",
        )


def _check_urls(plugin: LedgerApp) -> Iterator[CheckMessage]:
    # If the module is missing, Django reports that before.
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
