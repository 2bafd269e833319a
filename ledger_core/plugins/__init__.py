"""Plugins: the installed apps whose AppConfig is a LedgerApp, and system checks of them.

    ledger_app      the base class of an app's AppConfig, and the list of installed apps
    checks          the system checks
    app_template    the files of a new app, for `manage.py startledgerapp`

Invariants: nothing in the core names an app; every mistake of an app that can be found without a request is a system
check with an id. Imports `ledger_core.operations`, and no models, because Django loads apps before models.
"""

from ledger_core.plugins.ledger_app import LedgerApp, app_choices, ledger_apps

__all__ = ["LedgerApp", "app_choices", "ledger_apps"]
