"""The tables: the books, and who may write in them."""

from ledger_core.models.books import Account, Entry, Reversible
from ledger_core.models.clients import Client, Key
from ledger_core.models.verifications import Verification

__all__ = ["Account", "Client", "Entry", "Key", "Reversible", "Verification"]
