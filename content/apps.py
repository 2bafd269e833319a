from content.operations import OPERATIONS
from ledger_core.plugins import LedgerApp


class ContentConfig(LedgerApp):
    name = "content"
    verbose_name = "Content"
    operations = OPERATIONS
