"""Queries: what the API and the admin read. Balances now and in the past, entries, activity, the trial balance.

Invariants: nothing here writes; each query is bounded by an index or by the statement timeout. Imports `models`,
`operations`, `postgresql` and `sql`.
"""
