"""One verification from start to end, and its report: everything that `verifyledger` and `watchledger` both do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection, transaction
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from ledger_core.models import Account, Entry, Verification
from ledger_core.values import OwnerId, check
from ledger_core.verification.database_schema import differences
from ledger_core.verification.future import FutureEntries, in_the_future
from ledger_core.verification.history import Fault, verify


class NothingToCheck(Exception):
    """The requested part of the ledger is empty, so a verification of it would prove nothing."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to check: accounts, their entries, and the sums of their balances and held credits."""

    accounts: int
    entries: int
    balances: int
    held: int


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one verification."""

    started_on: datetime
    size: Size
    faults: list[Fault]
    future: list[FutureEntries]
    schema: list[str] | None  # differences; None if the database has other migrations than this version
    not_recorded: DatabaseError | None  # why the database did not store the result for the admin

    @property
    def entries_in_the_future(self) -> int:
        """Return how many entries are in the future, of all owners together."""
        return sum(future.entries for future in self.future)


def run(
    *,
    owner: str | None = None,
    since: datetime | None = None,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda entries: None,
    on_fault: Callable[[Fault], object] = lambda fault: None,
) -> Report:
    """Verify the ledger, or the entries of one owner or since a moment, and return what was found.

    A verification of the complete ledger is stored for the admin. If the database does not store it (a standby, or a
    role that may only read), the verification is valid all the same, and the report says why.

    `on_fault` is called with each fault when it is found. For `jobs` and `progress` see `history.verify`. Raises
    NothingToCheck, InvalidRequest if `owner` cannot be an owner's id, and DatabaseError.
    """
    started_on = timezone.now()
    if since:
        _require_past(since)
    size = size_of(owner, since)
    faults = []
    for fault in verify(owner=owner, since=since, jobs=jobs, progress=progress):
        faults.append(fault)
        on_fault(fault)
    future, schema = in_the_future(owner), differences()
    complete = owner is None and since is None
    not_recorded = _record(started_on, size, len(faults)) if complete else None
    return Report(started_on, size, faults, future, schema, not_recorded)


def size_of(owner: str | None = None, since: datetime | None = None) -> Size:
    """Return how much of the ledger there is to check. For the parameters and exceptions see `run`."""
    accounts, entries = Account.objects.all(), Entry.objects.all()
    if owner is not None:
        check(owner, OwnerId, "owner")
        accounts, entries = accounts.filter(pk=owner), entries.filter(owner=owner)
        if not (accounts.exists() or entries.exists()):
            raise NothingToCheck(f"The owner {owner} has no account and no entries.")
    if since is None:
        return _sums(accounts)
    sums = _sums(accounts.filter(updated_on__gte=since))
    return Size(sums.accounts, entries.filter(created_on__gte=since).count(), sums.balances, sums.held)


def _sums(accounts: QuerySet[Account]) -> Size:
    sums = accounts.aggregate(accounts=Count("pk"), entries=Sum("seq"), balances=Sum("balance"), held_=Sum("held"))
    return Size(sums["accounts"], sums["entries"] or 0, sums["balances"] or 0, sums["held_"] or 0)


def _require_past(since: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (now,) = cursor.fetchone()
    if since > now:
        raise NothingToCheck(f"{since.isoformat()} is later than the database's clock, {now.isoformat()}.")


def _record(started_on: datetime, size: Size, faults: int) -> DatabaseError | None:
    try:
        with transaction.atomic():  # so that a transaction around it can continue after an error
            Verification.objects.create(
                started_on=started_on, accounts=size.accounts, entries=size.entries, faults=faults
            )
    except DatabaseError as error:
        return error
    return None
