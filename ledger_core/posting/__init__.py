"""Posting: the only writer of balances.

A post has three phases. First the draft is checked, in Python, without the database. Then one SQL statement locks
the owner's account, moves the balance and inserts the entry; named constraints reject what the rules forbid. Only after
a rejection are other rows read: to find the entry of an earlier request with the same nonce, or to explain the
rejection.

    single          `post_item` posts one item; `post` is the same for Python callers, and checks their values first
    batch           `post_items` posts many items, all or none; `post_batch` checks their values first
    batch_errors    the errors of a batch, which list the errors of its items
    holds           holds, captures and releases
    expiry          the entries of holds and lots that have expired, and the early end of a lot
    trying          `try_item` and `try_items`: what a post or batch would do, without posting it
    stored          the entries that the statements return
    crowding        a limit on the threads that one owner's posts occupy

Invariants: nothing is read before the write; an entry and its balance change together or not at all; posts of one
owner are numbered and chained in the order of their commits; a batch locks accounts in the order of their owners, so
two batches cannot deadlock. Imports `rules`, `models`, `operations`, `postgresql`, `observability` and `speed`.
"""

from ledger_core.operations.drafts import Item
from ledger_core.posting.batch import MAX_ITEMS, post_batch
from ledger_core.posting.batch_errors import BatchRefused, InvalidBatch, make_each
from ledger_core.posting.holds import Held, capture, hold, release
from ledger_core.posting.single import Posted, post
from ledger_core.queries.holds import HoldNotFound
from ledger_core.rules.availability import OperationRetired
from ledger_core.rules.balance import BalanceTooLarge, InsufficientBalance
from ledger_core.rules.claims import AlreadyClaimed
from ledger_core.rules.holds import HoldCaptured, HoldExceeded, HoldExpired, HoldReleased
from ledger_core.rules.nonces import NonceReused
from ledger_core.rules.reversals import NotReversible

__all__ = [
    "MAX_ITEMS",
    "AlreadyClaimed",
    "BalanceTooLarge",
    "BatchRefused",
    "Held",
    "HoldCaptured",
    "HoldExceeded",
    "HoldExpired",
    "HoldNotFound",
    "HoldReleased",
    "InsufficientBalance",
    "InvalidBatch",
    "Item",
    "NonceReused",
    "NotReversible",
    "OperationRetired",
    "Posted",
    "capture",
    "hold",
    "make_each",
    "post",
    "post_batch",
    "release",
]
