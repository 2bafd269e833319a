"""SQL in files: each begins with a line that says what it does and why it is safe."""

from ledger_core.sql.statement import Row, Statement, load

__all__ = ["Row", "Statement", "load"]
