"""The admin: accounts, entries and corrections for staff, and the clients of the API.

Invariants: entries cannot be changed or deleted here; a correction is posted like every entry, with the name of the
person who posts it; a key is shown once. Texts from outside are isolated (`ledger_core.texts`), and unknown queries are
rejected (`ledger_core.admin_site`).
"""

from ledger_core.admin import accounts, clients, entries

__all__ = ["accounts", "clients", "entries"]
