"""Middleware of the API: what happens before a view is called, for every address.

Invariants: nothing here asks the database. `ledger_project/settings.py` gives the order.
"""
