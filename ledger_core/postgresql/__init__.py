"""PostgreSQL: the database backend, prepared statements, outages, and the locks of migrations.

Everything that uses psycopg below its cursors, or depends on how PostgreSQL works, is here. `pyproject.toml` limits
psycopg's version for this package.

    statement       a prepared statement from a file in `sql`
    errors          what an error says besides its text
    outages         errors that pass by themselves, which the API returns as 503
    base            the database backend; the setting ENGINE names it
    locks           how `migrate` takes locks while the service runs
    migrated        whether every migration is applied

Invariants: nothing relies on session state that the session can lose; errors are recognised by SQLSTATE and
constraint name, never by their text. Imports `ledger_core.sql` and `ledger_core.errors`.
"""
