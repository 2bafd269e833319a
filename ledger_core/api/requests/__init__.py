"""Reading requests: from the bytes of a body or a query string to a typed value, with every mistake named.

Invariants: a value is decoded and checked once, by its type; a rejected request names each field that is wrong. Imports
`ledger_core.values` and `ledger_core.errors`, and no model.
"""
