from ledger_core.models import Entry


class EcommerceEntry(Entry):
    """The entries of this app, so that they have permissions and admin pages of their own."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name_plural = "ecommerce entries"
