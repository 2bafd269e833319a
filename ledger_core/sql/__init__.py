"""SQL in files: the statements that the service executes, and in `migrations/` what migrations execute.

Each file begins with a comment that says what it does and why it is safe under concurrency. Parameters have names, and
nothing is interpolated. Imports nothing.
"""

from pathlib import Path


def load(name: str) -> str:
    """Return the text of `name`.sql in this folder."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
