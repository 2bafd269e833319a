"""Posting: the only writer of the books. One SQL statement posts, and constraints refuse what may not be."""

from ledger_core.posting.batch import MAX_ITEMS, BatchRefused, InvalidBatch, each, post_batch
from ledger_core.posting.refusals import (
    AlreadyClaimed,
    BalanceTooLarge,
    InsufficientBalance,
    NonceReused,
    NotReversible,
)
from ledger_core.posting.requests import Item
from ledger_core.posting.single import Posted, post

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
