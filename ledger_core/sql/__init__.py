"""SQL in files: the statements that the service executes, and in `migrations/` what migrations execute.

Invariants: each file begins with a comment that says what it does and why it is safe under concurrency; parameters have
names; nothing is interpolated, except the columns of an entry, for `{entry}`, `ASC` or `DESC`, for `{order}`, and roles
and tables in `service_role.sql`. Imports nothing.
"""

from pathlib import Path


def load(name: str, **parts: str) -> str:
    """Return the text of the file `{name}.sql` in this folder, with each of `parts` in place of its name in braces."""
    text = (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
    for part, value in parts.items():
        text = text.replace(f"{{{part}}}", value)
    return text
