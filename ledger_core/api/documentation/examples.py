"""Examples of successful responses, for the OpenAPI documents."""

from datetime import UTC, datetime

from ledger_core.api.response_types import (
    BalanceDocument,
    BatchDocument,
    EntriesDocument,
    EntryDocument,
    OperationDocument,
    OperationsDocument,
)
from ledger_core.operations import SharedOperation

_MOMENT = datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=UTC)

ENTRY = EntryDocument(
    id=1,
    app="content",
    operation="CREDIT_ADD",
    owner_id="alice",
    seq=1,
    amount=1,
    delta=10,
    balance_after=10,
    nonce="credit_add-1",
    claim=None,
    reverses=None,
    client="blog",
    created_on=_MOMENT,
    hash="ea207b110222c6519f222d8827aa5ce46e5168775ad6639a2c14fad2dd7b7235",
)
ENTRIES = EntriesDocument(entries=[ENTRY], next=None)
BATCH = BatchDocument(entries=[ENTRY], replayed=[])
REPLAYED_BATCH = BatchDocument(entries=[ENTRY], replayed=[0])
BALANCE = BalanceDocument(owner_id="alice", balance=10, seq=1, updated_on=_MOMENT)
OPERATIONS = OperationsDocument(app="content", operations=[OperationDocument.of(SharedOperation.CREDIT_ADD)])
