"""Claims: what an owner can have once, or once a day."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger_core.models import Account, Entry
from ledger_core.operations import Operation, OperationSet, Plain, SharedOperation
from ledger_core.operations.frequency import Daily, Frequency, Once
from ledger_core.posting import AlreadyClaimed, BatchRefused, Item, post, post_batch
from ledger_core.tests.imaginary import ADD, CHESS, IMAGINARY

DAILY, SIGNUP = SharedOperation.DAILY_REWARD, SharedOperation.SIGNUP_CREDIT


class Weekly(Frequency):
    """A new frequency, as in docs/architecture.md."""

    name = "weekly"
    period = ':IYYY-"W"IW'

    def again(self, taken_on: datetime) -> datetime | None:
        monday = taken_on.date() - timedelta(days=taken_on.weekday())
        return datetime(monday.year, monday.month, monday.day, tzinfo=UTC) + timedelta(weeks=1)


class ClubOperation(Operation):
    MEETING = Plain(+1, "Attended.", frequency=Weekly())


CLUB = OperationSet("club", ClubOperation)


@pytest.mark.parametrize(
    ("taken_on", "again"),
    [
        (datetime(2026, 11, 24, 0, 0, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_midnight_in_utc(taken_on: datetime, again: datetime) -> None:
    assert Daily().again(taken_on) == again


def test_once_is_never_again() -> None:
    assert Once().again(datetime.now(UTC)) is None


@pytest.mark.django_db
def test_what_is_once_is_refused_the_second_time_for_good() -> None:
    entry = post(IMAGINARY, SIGNUP, owner_id="alice", nonce="1").entry
    assert entry.claim == "imaginary:SIGNUP_CREDIT"
    with pytest.raises(AlreadyClaimed) as refusal:
        post(IMAGINARY, SIGNUP, owner_id="alice", nonce="2")
    assert refusal.value.data == {"again_on": None}
    assert Account.objects.get(owner_id="alice").balance == 3


@pytest.mark.django_db
def test_what_is_daily_is_refused_until_midnight() -> None:
    entry = post(IMAGINARY, DAILY, owner_id="alice", nonce="1").entry
    assert entry.claim == f"imaginary:DAILY_REWARD:{entry.created_on:%Y-%m-%d}"
    with pytest.raises(AlreadyClaimed) as refusal:
        post(IMAGINARY, DAILY, owner_id="alice", nonce="2")
    midnight = datetime.combine(entry.created_on.date() + timedelta(days=1), datetime.min.time(), UTC)
    assert refusal.value.data == {"again_on": midnight}
    assert str(midnight.date()) in refusal.value.detail


@pytest.mark.django_db
def test_the_day_of_a_claim_is_the_day_of_its_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time zone of the session and the clock of this process do not matter."""
    post(IMAGINARY, ADD, owner_id="alice", nonce="1")
    Account.objects.update(updated_on=datetime(2031, 3, 1, 23, 30, tzinfo=UTC))
    entry = post(IMAGINARY, DAILY, owner_id="alice", nonce="2").entry
    assert entry.claim == "imaginary:DAILY_REWARD:2031-03-01"
    Account.objects.update(updated_on=datetime(2031, 3, 2, tzinfo=UTC))
    assert post(IMAGINARY, DAILY, owner_id="alice", nonce="3").entry.claim == "imaginary:DAILY_REWARD:2031-03-02"


@pytest.mark.django_db
def test_a_claim_is_of_its_owner_and_app() -> None:
    post(IMAGINARY, DAILY, owner_id="alice", nonce="1")
    assert post(CHESS, DAILY, owner_id="alice", nonce="2").entry.claim is not None
    post(IMAGINARY, DAILY, owner_id="bob", nonce="1")
    post(IMAGINARY, SIGNUP, owner_id="alice", nonce="3")
    assert Entry.objects.count() == 4


@pytest.mark.django_db
def test_the_retry_of_a_claim_is_a_replay() -> None:
    first = post(IMAGINARY, DAILY, owner_id="alice", nonce="1")
    assert post(IMAGINARY, DAILY, owner_id="alice", nonce="1").entry == first.entry


@pytest.mark.django_db
def test_a_further_kind_of_claim_is_a_class() -> None:
    entry = post(CLUB, ClubOperation.MEETING, owner_id="alice", nonce="1").entry
    year, week, _ = entry.created_on.isocalendar()
    assert entry.claim == f"club:MEETING:{year}-W{week:02}"
    with pytest.raises(AlreadyClaimed) as refusal:
        post(CLUB, ClubOperation.MEETING, owner_id="alice", nonce="2")
    assert refusal.value.data["again_on"].weekday() == 0


@pytest.mark.django_db
def test_a_claim_twice_in_a_batch_is_refused_at_the_second() -> None:
    post(IMAGINARY, SIGNUP, owner_id="bob", nonce="1")
    items = [Item(DAILY, "alice", "1"), Item(DAILY, "alice", "2"), Item(SIGNUP, "bob", "2"), Item(DAILY, "bob", "3")]
    with pytest.raises(BatchRefused) as refusal:
        post_batch(IMAGINARY, items)
    assert [(item["index"], item["code"]) for item in refusal.value.data["items"]] == [
        (1, "already-claimed"),
        (2, "already-claimed"),
    ]
    assert not Account.objects.filter(pk="alice").exists()
