"""The tables: the books, and who may write in them."""

from ledger_core.models.books import Account, Entry, Reversible
from ledger_core.models.clients import Client, Key

__all__ = ["Account", "Client", "Entry", "Key", "Reversible"]
