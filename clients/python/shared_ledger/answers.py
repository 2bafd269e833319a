"""What comes back: an answer, or the exception that it stands for."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec

from shared_ledger.calls import Call, T
from shared_ledger.errors import LedgerError, NoAnswer, OtherAnswer


class _Problem(msgspec.Struct):
    """Of a problem document, what an exception needs. The rest may be of a later API than this client knows."""

    code: str
    status: int
    detail: str
    request_id: str


@contextmanager
def transport_errors() -> Iterator[None]:
    """Raise NoAnswer where there was none: no connection, a time-out, an end in the middle."""
    try:
        yield
    except httpx.UnsupportedProtocol:  # the caller's mistake in `url`
        raise
    except httpx.TransportError as error:
        raise NoAnswer(f"The ledger did not answer: {str(error) or type(error).__name__}.") from error


def read(call: Call[T], answer: httpx.Response) -> T:
    """Return what was asked for. Raises the LedgerError that the answer tells."""
    if not answer.is_success:
        raise _refusal(answer)
    try:
        return call.read(answer)
    except msgspec.DecodeError:
        raise OtherAnswer(answer.status_code) from None


def _refusal(answer: httpx.Response) -> LedgerError:
    header = answer.headers.get("Retry-After", "")
    retry_after = int(header) if header.isdecimal() else 0  # else a date, which the ledger does not send
    try:
        code = msgspec.json.decode(answer.content, type=_Problem).code
    except msgspec.DecodeError:
        return OtherAnswer(answer.status_code, retry_after)
    return LedgerError.by_code.get(code, LedgerError)(answer.json(), retry_after)
