"""The core as an app of Django, and the admin on the ledger's site."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.core.checks import register

from ledger_core.speed.signals import disconnect_unused_receivers


class LedgerCoreConfig(AppConfig):
    name = "ledger_core"
    verbose_name = "Ledger"

    def ready(self) -> None:
        from ledger_core.api.problems.checks import check_errors
        from ledger_core.plugins.checks import check_plugins

        register(check_plugins)
        register(check_errors)
        disconnect_unused_receivers()


class LedgerAdminConfig(admin.AdminConfig):
    """Django's admin, with the site of `ledger_core.admin_site`."""

    default = False  # the default config of this module is LedgerCoreConfig
    default_site = "ledger_core.admin_site.LedgerSite"
