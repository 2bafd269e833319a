"""The tables: the books, and who may write in them."""

from ledger_core.models.books import PLAIN, Account, Entry, Reversible
from ledger_core.models.clients import Client, Key

__all__ = ["PLAIN", "Account", "Client", "Entry", "Key", "Reversible"]
