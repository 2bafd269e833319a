"""Claims: slots that an owner takes once, in all or in each period. Pure Python."""

from datetime import UTC, datetime, time, timedelta
from typing import ClassVar


class Claim:
    """A kind of slot. A further kind is a further class, of these three."""

    name: ClassVar[str]  # in the API
    # What tells one period's slot from another's, as PostgreSQL's to_char writes the entry's moment in UTC.
    period: ClassVar[str]

    def again(self, taken_on: datetime) -> datetime | None:
        """Return the moment from which the owner can claim again, None for never."""
        raise NotImplementedError


class Once(Claim):
    name = "once"
    period = ""

    def again(self, taken_on: datetime) -> datetime | None:
        return None


class Daily(Claim):
    """Once in a day, from midnight to midnight in UTC."""

    name = "daily"
    period = ":YYYY-MM-DD"

    def again(self, taken_on: datetime) -> datetime | None:
        tomorrow = taken_on.astimezone(UTC).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), UTC)
