"""Examples of successful responses, for the OpenAPI documents."""

from datetime import UTC, datetime, timedelta

from msgspec import structs

from ledger_core.api.hold_documents import HoldDocument, HoldPreviewDocument, HoldsDocument
from ledger_core.api.operation_documents import OperationDocument, OperationsDocument
from ledger_core.api.owner_documents import (
    BalanceDocument,
    ExplanationDocument,
    LotDocument,
    LotsDocument,
    NextExpiryDocument,
    OthersDocument,
    SumDocument,
)
from ledger_core.api.response_types import (
    BatchDocument,
    BatchPreviewDocument,
    EntriesDocument,
    EntryDocument,
    PreviewDocument,
)
from ledger_core.operations import SharedOperation
from ledger_core.queries.holds import HoldState

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
    batch=None,
    client="blog",
    reference="order-1001",
    metadata=None,
    created_on=_MOMENT,
    hash="240fabe254c06dbd08f2b9cb21b25825cc55545f6a48416348f73e6dbb812b51",
)
ENTRIES = EntriesDocument(entries=[ENTRY], next=None)
_IN_BATCH = structs.replace(ENTRY, id=3, batch=2)
BATCH = BatchDocument(entries=[_IN_BATCH], replayed=[])
REPLAYED_BATCH = BatchDocument(entries=[_IN_BATCH], replayed=[0])
BALANCE = BalanceDocument("alice", 10, 0, 10, 1, _MOMENT, NextExpiryDocument(5, _MOMENT + timedelta(days=90)))
LOTS = LotsDocument(
    lots=[LotDocument(2, "ecommerce", "PROMOTION", 5, 0, _MOMENT + timedelta(days=90), _MOMENT)], next=None
)
EXPLANATION = ExplanationDocument(
    balance=BALANCE,
    operations=[SumDocument("content", "CREDIT_ADD", 1, 10), SumDocument("content", "CREDIT_SPEND", 5, -5)],
    others=OthersDocument(1, 5),
    expired=0,
)
HOLD = HoldDocument(
    id=4,
    app="content",
    operation="CREDIT_SPEND",
    owner_id="alice",
    amount=5,
    captured=0,
    remaining=5,
    held=5,
    state=HoldState.OPEN,
    expires_on=_MOMENT + timedelta(minutes=10),
    nonce="hold-1",
    client="blog",
    reference="order-1001",
    metadata=None,
    created_on=_MOMENT,
)
HOLD_PREVIEW = HoldPreviewDocument(*(getattr(HOLD, name, True) for name in HoldPreviewDocument.__struct_fields__))
HOLDS = HoldsDocument(holds=[HOLD], next=None)
_OF_A_HOLD = structs.replace(ENTRY, seq=3, operation="CREDIT_SPEND", hold=4, held=-5, client="blog")
CAPTURE = structs.replace(_OF_A_HOLD, id=5, amount=3, delta=-3, balance_after=7, nonce="capture-1")
RELEASE = structs.replace(_OF_A_HOLD, id=5, operation="HOLD_RELEASE", amount=5, delta=0, nonce="release-1")
OPERATIONS = OperationsDocument(app="content", operations=[OperationDocument.of(SharedOperation.CREDIT_ADD)])
PREVIEW = PreviewDocument(*(getattr(ENTRY, name, True) for name in PreviewDocument.__struct_fields__))
BATCH_PREVIEW = BatchPreviewDocument([PREVIEW], [], True)
