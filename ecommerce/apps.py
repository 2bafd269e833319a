from ecommerce.operations import OPERATIONS
from ledger_core.plugins import LedgerApp


class EcommerceConfig(LedgerApp):
    name = "ecommerce"
    verbose_name = "E-commerce"
    operations = OPERATIONS
