"""Whether the database has the tables of this version."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

_migrated = False  # once True it stays True, and no query is needed


def is_migrated() -> bool:
    """Return whether every migration of the installed apps is applied."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
