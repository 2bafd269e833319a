"""Observability: metrics, the log of requests, and the id that connects a response with its log lines.

Invariants: labels of metrics come from registries (apps, operations, errors), never from a request; no log line has a
key, and none has a nonce or an owner's id from a message of PostgreSQL. Imports `access.key_form`, `speed` and
`values`.
"""
