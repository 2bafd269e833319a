"""Migrations of the ledger's tables. Each may run beside the service: short locks, one table in a transaction."""
