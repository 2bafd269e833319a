"""PostgreSQL: the database backend, prepared statements, outages, and the locks of migrations.

Everything that uses psycopg below its cursors, or depends on how PostgreSQL works, stands here, so `pyproject.toml`
bounds psycopg's version for this package.

Invariants: no state of a session is relied on that the session can lose; errors are recognised by SQLSTATE and
constraint name, never by their text. Imports `ledger_core.sql` and `ledger_core.errors`. Django loads `base` as the
backend that ENGINE names.
"""
