from content.operations import OPERATIONS
from ledger_core.api.urls import ledger_urls

urlpatterns = ledger_urls(OPERATIONS)
