"""Middleware of the API: what happens before a view is called, for every address.

Invariants: nothing here queries the database. `ledger_project/settings.py` sets the order.
"""
