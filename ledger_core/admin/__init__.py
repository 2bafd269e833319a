"""The admin: the books for reading, corrections to them, and the API's clients."""

from ledger_core.admin import accounts, books, clients

__all__ = ["accounts", "books", "clients"]
