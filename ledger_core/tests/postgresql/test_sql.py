"""SQL files: each begins with a description, and each is used. No database."""

import re
from pathlib import Path

import ledger_core
from ledger_core import sql

CORE = Path(ledger_core.__file__).parent
FOLDER = CORE / "sql"
FILES = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.sql"))


def test_every_file_begins_with_what_it_does() -> None:
    assert FILES
    assert [name for name in FILES if not sql.load(name).startswith("-- ")] == []


def test_every_file_is_used() -> None:
    used = {
        name
        for path in CORE.rglob("*.py")
        for name in re.findall(r'(?:sql\.load|Statement)\("([^"]+)"', path.read_text("utf-8"))
    }
    assert used == set(FILES), "load it in posting.py or in a migration, or remove it"


def test_every_migration_can_be_taken_back() -> None:
    migrations = [name for name in FILES if name.startswith("migrations/") and not name.endswith("_reverse")]
    assert migrations
    assert [name for name in migrations if f"{name}_reverse" not in FILES] == []
