"""Plugins: an installed Django app whose AppConfig is a LedgerApp takes part in the ledger."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.apps import AppConfig, apps

from ledger_core.errors import LedgerError
from ledger_core.operations import OperationSet


class LedgerApp(AppConfig):
    """An application of the ledger: `operations` are what it can post.

    Its `urls` module is served under /api/v1/{namespace}/, its label unless it says otherwise, and its proxies
    of Entry get pages in the admin.
    """

    # OperationSet[Operation] would refuse every plugin's, since an OperationSet is invariant.
    operations: ClassVar[OperationSet[Any]]
    # The errors that the app's operations and views raise beside the core's.
    errors: ClassVar[tuple[type[LedgerError], ...]] = ()
    namespace: str = ""
    # Django takes the one AppConfig that it finds in apps.py: a plugin's, not this one, which it imports.
    default = False

    def __init_subclass__(cls) -> None:
        cls.default = True

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        self.namespace = self.namespace or self.label


def ledger_apps() -> Iterator[LedgerApp]:
    """Yield the installed apps that take part in the ledger, in the order of INSTALLED_APPS."""
    return (config for config in apps.get_app_configs() if isinstance(config, LedgerApp))


def app_choices() -> list[tuple[str, str]]:
    """Return the label and the name of each of them, for people to choose from."""
    return [(app.label, str(app.verbose_name)) for app in ledger_apps()]
