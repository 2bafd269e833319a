"""Expiry: posts the entries of holds and lots that have expired, and ends a lot early.

Balances are correct without `expire_due`: reads do not count expired holds and lots, and every post first ends those of
its owner. Without `expire_due`, only the expiry entries of owners without new posts would be written later.
"""

from collections.abc import Iterator

from django.db import OperationalError, connection

from ledger_core import sql
from ledger_core.operations.drafts import Draft, Item
from ledger_core.operations.endings import LotEnd
from ledger_core.postgresql import outages
from ledger_core.posting.single import Posted, post_draft
from ledger_core.queries.lots import Lot

_DUE = sql.load("due")
_PORTION = 100


def end_lot(lot: Lot, *, nonce: str, reason: str, client: str) -> Posted:
    """End a lot early: take the credits that are left of it. The entry stores the reason as metadata.

    Credits of the lot that a hold reserves, or that a refund gives back later, are not taken. Raises InvalidRequest if
    the reason is not valid metadata, NotReversible if fewer credits are left by now, and AccountLocked.
    """
    given = lot.entry
    item = Item(
        LotEnd.CREDIT_EXPIRY, given.owner_id, nonce, lot.left, reverses=given.pk, metadata={"reason": reason}
    ).checked()
    return post_draft(Draft(given.app, client, item, -lot.left))


def expire_due() -> int:
    """End all holds and lots that have expired, one owner after the other. Return how many it ended.

    Commits after every hundred, so that other posts for the same owner do not wait long. Skips owners whose account is
    locked. Raises Django's database exceptions.
    """
    return sum(map(_expire_of, _owners()))


def _owners() -> Iterator[str]:
    last = ""
    while page := _page(last):
        yield from page
        last = page[-1]


def _page(last: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"last": last})
        return [owner for (owner,) in cursor.fetchall()]


def _expire_of(owner: str) -> int:
    expired = portion = _portion_of(owner)
    while portion == _PORTION:
        portion = _portion_of(owner)
        expired += portion
    return expired


def _portion_of(owner: str) -> int:
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT ledger_expire_of(%s, %s)", [owner, _PORTION])
        except OperationalError as error:
            outage = outages.outage_of(error)
            if outage and outage.sqlstate == outages.LOCKED:
                return 0
            raise
        ((expired,),) = cursor.fetchall()
    return int(expired)
