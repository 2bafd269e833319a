"""The errors of a batch, which list the errors of its items."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from ledger_core.errors import LedgerError

T = TypeVar("T")
R = TypeVar("R")


class BatchRefused(LedgerError):
    """Nothing was posted. `items` lists each item that cannot be posted, by index, with the reason."""

    code = "batch-refused"
    status = 409
    title = "The batch cannot be posted"
    remedy = "Fix the listed items or leave them out, and retry. All nonces of the batch can be used again."
    members = {
        "items": [
            {
                "index": 1,
                "code": "insufficient-balance",
                "detail": "alice has 10 credits, and PURCHASE × 2 takes 20.",
                "balance": 10,
            }
        ]
    }

    def __init__(self, detail: str, errors: Sequence[LedgerError | None] = ()) -> None:
        items = [
            {"index": index, "code": error.code, "detail": error.detail, **error.data}
            for index, error in enumerate(errors)
            if error
        ]
        super().__init__(detail, items=items)


class InvalidBatch(BatchRefused):
    """Nothing was posted. `items` lists each item that is not valid, by index, with the reason."""

    code = "invalid-batch"
    status = 400
    title = "The batch has invalid items"
    members = {"items": [{"index": 0, "code": "invalid-operation", "detail": "Invalid operation: PURCHSAE"}]}


def raise_if_any(errors: Sequence[LedgerError | None], rejection: type[BatchRefused] = BatchRefused) -> None:
    """Raise `rejection` if there is an error. `errors` has an element for each item of the batch, None for no error."""
    if count := len(errors) - errors.count(None):
        raise rejection(f"{count} of {len(errors)} items cannot be posted, so none was posted.", errors)


def make_each(make: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Return what `make` returns for each item. Raises InvalidBatch with all errors that `make` raised."""
    made: list[R] = []
    errors: list[LedgerError | None] = []
    for item in items:
        try:
            made.append(make(item))
            errors.append(None)
        except LedgerError as error:
            errors.append(error)
    raise_if_any(errors, InvalidBatch)
    return made
