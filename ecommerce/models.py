from ledger_core.models import Entry


class EcommerceEntry(Entry):
    """An entry of this app, with permissions and admin pages of its own."""

    class Meta:
        proxy = True
        verbose_name_plural = "ecommerce entries"
