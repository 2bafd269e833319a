"""Rate limits: requests of a client or an address, counted in windows of time at the same cost for every rate.

Invariants: a limit never stops the ledger: without Redis each replica counts by itself. Imports nothing of the ledger.
"""
