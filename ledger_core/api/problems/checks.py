"""System checks of the errors that apps declare."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error

from ledger_core.api.problems.registry import CORE_ERRORS
from ledger_core.errors import RESERVED, LedgerError, Registry, ReusedCode
from ledger_core.plugins import LedgerApp, ledger_apps

_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def check_errors(**_: Any) -> list[CheckMessage]:
    """Check that each declared error is complete, and that no two errors have the same code."""
    registry = Registry()
    registry.register(*CORE_ERRORS)
    return [message for app in ledger_apps() for message in _check_app(app, registry)]


def _check_app(app: LedgerApp, registry: Registry) -> Iterator[CheckMessage]:
    kinds: Any = app.errors
    if not (
        isinstance(kinds, tuple) and all(isinstance(kind, type) and issubclass(kind, LedgerError) for kind in kinds)
    ):
        yield Error(
            f"The `errors` of {app.label} are not a tuple of LedgerError classes.",
            hint="Write errors = (SoldOut,) on its LedgerApp.",
            obj=app,
            id="ledger_core.E014",
        )
        return
    for kind in kinds:
        yield from _check(app, kind, registry)


def _check(app: LedgerApp, kind: type[LedgerError], registry: Registry) -> Iterator[CheckMessage]:
    if missing := _missing(kind):
        yield Error(
            f"The error {kind.__name__} of {app.label} has no valid {', '.join(missing)}.",
            hint="Set `code` (lowercase letters, digits and hyphens), `status` (400 to 599), `title`, `remedy` and a "
            "docstring of one line.",
            obj=app,
            id="ledger_core.E013",
        )
        return
    try:
        registry.register(kind)
    except ReusedCode as error:
        yield Error(f"{error}.", hint="Give each error a code of its own.", obj=app, id="ledger_core.E012")


def _missing(kind: type[LedgerError]) -> list[str]:
    code, status, doc = getattr(kind, "code", ""), getattr(kind, "status", 0), kind.__doc__ or ""
    valid = {
        "code": isinstance(code, str) and _CODE.fullmatch(code),
        "status": isinstance(status, int) and 400 <= status <= 599,
        "title": getattr(kind, "title", ""),
        "remedy": kind.remedy,
        "docstring": doc and "\n" not in doc,
        "members": RESERVED.isdisjoint(kind.members),
    }
    return [name for name, is_valid in valid.items() if not is_valid]
