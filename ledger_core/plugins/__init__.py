"""Plugins: the installed apps that take part in the ledger, and the checks of them at start-up.

An app takes part if its AppConfig is a LedgerApp. The ledger finds it there, and names no app.

Invariants: every mistake of an app that can be found without a request is a system check with an id, found when the
process starts. Imports `ledger_core.operations`, and no model: Django loads apps before models.
"""

from ledger_core.plugins.ledger_app import LedgerApp, app_choices, ledger_apps

__all__ = ["LedgerApp", "app_choices", "ledger_apps"]
