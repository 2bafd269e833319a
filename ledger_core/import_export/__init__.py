"""The ledger as files: exports that can be resumed, and imports that trust no file.

Invariants: an export is ordered by owner and sequence number, and each part of it is complete history from its first
entry; an import checks every entry against the one before it, and keeps ids and hashes. Imports the models and the SQL.
"""
