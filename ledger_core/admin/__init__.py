"""The admin: the books for reading, corrections to them, and the API's clients."""

from django.contrib import admin

from ledger_core.admin import accounts, books, clients

__all__ = ["accounts", "books", "clients"]

admin.site.site_header = admin.site.site_title = "Shared Ledger"
admin.site.index_title = "Books"
