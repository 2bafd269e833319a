"""The made-up history is one that a ledger could have: it can be imported, and its ids follow time. No database."""

from datetime import UTC, datetime

import msgspec

from ledger_core.import_export.records import Record
from ledger_project.tests.browser.history import OWNERS, history


def test_ids_follow_time_and_sequence_numbers_have_no_gaps() -> None:
    records = [msgspec.json.decode(line, type=Record) for line in history(datetime.now(UTC)).splitlines()]
    by_id = sorted(records, key=lambda record: record.id)
    assert by_id == sorted(records, key=lambda record: record.created_on)
    for owner in OWNERS:
        numbers = [record.seq for record in by_id if record.owner_id == owner]
        assert numbers == list(range(1, len(numbers) + 1))
