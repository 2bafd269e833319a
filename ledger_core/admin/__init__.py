"""The admin: the books for reading, and the API's clients."""

from django.contrib import admin

from ledger_core.admin import books, clients

__all__ = ["books", "clients"]

admin.site.site_header = admin.site.site_title = "Shared Ledger"
admin.site.index_title = "Books"
