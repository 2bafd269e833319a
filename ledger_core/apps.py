from django.apps import AppConfig
from django.core.checks import register


class LedgerCoreConfig(AppConfig):
    name = "ledger_core"
    verbose_name = "Ledger"

    def ready(self) -> None:
        from ledger_core.checks import check_plugins

        register(check_plugins)
