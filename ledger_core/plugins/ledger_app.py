"""The base class of the AppConfig of an app that uses the ledger, and the list of these apps."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.apps import AppConfig, apps

from ledger_core.errors import LedgerError
from ledger_core.operations import OperationSet


class LedgerApp(AppConfig):
    """The AppConfig of an app that uses the ledger. Its `urls` module is served below /api/v1/{namespace}/.

    name: the package of the app.
    verbose_name: the name of the app in the admin.
    operations: the operations that the app can post. Its label is the app in entries.
    errors: the errors that the app raises itself, in addition to those of the core. Default: none.
    namespace: the part of the app's addresses after /api/v1/. Default: the app's label.

    If the app has a proxy model of Entry, the admin shows its entries on pages of their own.
    """

    # Any, because OperationSet is invariant: mypy would reject an app's set as an OperationSet[Operation].
    operations: ClassVar[OperationSet[Any]]
    errors: ClassVar[tuple[type[LedgerError], ...]] = ()
    namespace: str = ""
    # Django uses the default AppConfig in an app's apps.py. That is the subclass, not this class, which it imports.
    default = False

    def __init_subclass__(cls) -> None:
        cls.default = True

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        self.namespace = self.namespace or self.label


def ledger_apps() -> Iterator[LedgerApp]:
    """Yield the installed apps that use the ledger, in the order of INSTALLED_APPS."""
    return (config for config in apps.get_app_configs() if isinstance(config, LedgerApp))


def app_choices() -> list[tuple[str, str]]:
    """Return the label and the name of each app, as choices of a form."""
    return [(app.label, str(app.verbose_name)) for app in ledger_apps()]
