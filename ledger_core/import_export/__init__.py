"""The ledger as files: exports that can be resumed, and imports that trust no file.

Invariants: an export is ordered by owner and sequence number, so any beginning of it is a complete history of the
owners in it, up to the last entry; an import checks every entry against the one before it, and keeps ids and hashes.
Imports `models`, `values` and `sql`.
"""
