"""SQL in files: each begins with a line that says what it does and why it is safe."""

from ledger_core.sql.statement import Statement, load

__all__ = ["Statement", "load"]
