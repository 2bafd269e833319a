"""How often an owner can have an operation: without limit, once, or once in each period."""

from datetime import UTC, datetime, time, timedelta
from typing import ClassVar


class Frequency:
    """How often an owner can have an operation. A new frequency is a subclass that defines these three members.

    An entry of such an operation takes a claim: a slot that the owner can take once. Its name is
    `{app}:{operation}{period}`.
    """

    name: ClassVar[str]  # in the API
    # A format of PostgreSQL's to_char. It writes the entry's time in UTC, the same for all times of one period.
    period: ClassVar[str]

    def again(self, taken_on: datetime) -> datetime | None:
        """Return when an owner who claimed at `taken_on` can claim again: the start of the next period. None: never."""
        raise NotImplementedError


class Once(Frequency):
    """Once per owner and app, for ever."""

    name = "once"
    period = ""

    def again(self, taken_on: datetime) -> datetime | None:
        return None


class Daily(Frequency):
    """Once per owner, app and day. A day runs from midnight to midnight in UTC."""

    name = "daily"
    period = ":YYYY-MM-DD"

    def again(self, taken_on: datetime) -> datetime | None:
        tomorrow = taken_on.astimezone(UTC).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), UTC)
