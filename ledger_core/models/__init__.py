"""The tables: accounts and entries, clients and keys, verifications.

Invariants: each rule that must hold under concurrency is a constraint with a name from `constraints`; entries are never
changed or deleted. Only `posting` and `import_export.importing` write accounts and entries, only `access` writes keys.
Imports `operations`, `plugins`, `speed`, `values` and `texts`.
"""

from ledger_core.models.clients import Client, Key
from ledger_core.models.entries import ENTRY_COLUMNS, Account, Entry, OpenUnits
from ledger_core.models.verifications import Verification

__all__ = ["ENTRY_COLUMNS", "Account", "Client", "Entry", "Key", "OpenUnits", "Verification"]
