"""SQL in files: each begins with a line that says what it does and why it is safe."""

from ledger_core.sql.statement import Parameters, Row, Statement, load

__all__ = ["Parameters", "Row", "Statement", "load"]
