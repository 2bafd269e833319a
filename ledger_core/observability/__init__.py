"""Observability: metrics, the log of requests, and the id that connects a response with its log lines.

Invariants: labels of metrics come from registries (apps, operations, errors), never from a request; no log line holds a
key, a nonce or an owner's id from PostgreSQL's text. Imports `ledger_core.access.keys` and `ledger_core.values`.
"""
