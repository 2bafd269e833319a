"""SQL in files: the statements that the service executes, and in `migrations/` what migrations execute.

Invariants: each file begins with a comment that says what it does and why it is safe under concurrency; parameters have
names; nothing is interpolated, except the columns of an entry, for `{entry}`, and roles and tables in
`service_role.sql`. Imports nothing.
"""

from pathlib import Path


def load(name: str, *, entry: str = "{entry}") -> str:
    """Return the text of the file `{name}.sql` in this folder, with `entry` in place of `{entry}`."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8").replace("{entry}", entry)
