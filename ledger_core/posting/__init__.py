"""Posting: the only writer of balances.

A post has three phases. First the request is checked, in Python, without the database. Then one SQL statement locks
the owner's account, moves the balance and inserts the entry; named constraints reject what may not be. Only after a
rejection are other rows read: to find the entry of an earlier request with the same nonce, or to explain the
rejection.

Invariants: nothing is read before the write; an entry and its balance change together or not at all; posts of one
owner are numbered and chained in the order of their commits; a batch locks accounts in the order of their owners, so
two batches cannot deadlock. Imports `rules`, `models`, `operations` and `observability`.
"""

from ledger_core.operations.requests import Item
from ledger_core.posting.batch import MAX_ITEMS, BatchRefused, InvalidBatch, each, post_batch
from ledger_core.posting.single import Posted, post
from ledger_core.rules.balance import BalanceTooLarge, InsufficientBalance
from ledger_core.rules.claims import AlreadyClaimed
from ledger_core.rules.nonces import NonceReused
from ledger_core.rules.reversals import NotReversible

__all__ = [
    "MAX_ITEMS",
    "AlreadyClaimed",
    "BalanceTooLarge",
    "BatchRefused",
    "InsufficientBalance",
    "InvalidBatch",
    "Item",
    "NonceReused",
    "NotReversible",
    "Posted",
    "each",
    "post",
    "post_batch",
]
