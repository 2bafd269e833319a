"""The admin: accounts, entries and corrections for staff, and the API's clients.

Invariants: nobody changes or deletes an entry here; a correction is posted like every entry, in the name of a person; a
key is shown once. Texts from outside are isolated (`ledger_core.texts`), and unknown queries are rejected
(`ledger_core.admin_site`).
"""

from ledger_core.admin import accounts, clients, entries

__all__ = ["accounts", "clients", "entries"]
