"""SQL in files: each begins with a line that says what it does and why it is safe."""

from pathlib import Path


def load(name: str) -> str:
    """Return the text of `name`.sql in this folder."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
