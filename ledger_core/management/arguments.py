"""Types of command-line arguments, and arguments that several commands have.

argparse shows the name of a type function in its error message: `invalid positive_integer value: '0'`.
"""

from datetime import UTC, date, datetime, time

import msgspec
from django.core.management.base import CommandParser

from ledger_core.values import Moment


def moment(text: str) -> datetime:
    """Return the moment that an ISO 8601 text names. Raises ValueError without a time zone."""
    return msgspec.convert(text, Moment)


def day_or_moment(text: str) -> datetime:
    """Return the moment that an ISO 8601 text names, or the beginning of a day in UTC. Raises ValueError."""
    try:
        return datetime.combine(date.fromisoformat(text), time.min, UTC)
    except ValueError:
        return moment(text)


def positive_integer(text: str) -> int:
    """Return the integer, which is at least 1. Raises ValueError for anything else."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def add_json(parser: CommandParser) -> None:
    """Add the argument `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON")
