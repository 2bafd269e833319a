"""From responses to typed results or exceptions."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec

from shared_ledger.calls import Call, T
from shared_ledger.errors import LedgerError, NoAnswer, OtherAnswer


class _Problem(msgspec.Struct):
    """The members of a problem document that every exception has. Newer APIs may add others."""

    code: str
    status: int
    detail: str
    request_id: str


@contextmanager
def transport_errors() -> Iterator[None]:
    """Raise NoAnswer for transport errors: no connection, a timeout, or a connection that ends too early."""
    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError):  # the caller's mistake: a retry would also fail
        raise
    except httpx.TransportError as error:
        raise NoAnswer(f"The ledger did not respond: {str(error) or type(error).__name__}.") from error


def read(call: Call[T], response: httpx.Response) -> T:
    """Return the result of the call. Raises the LedgerError of the problem document."""
    if not response.is_success:
        raise _error_of(response)
    try:
        return call.read(response)
    except msgspec.DecodeError:
        raise OtherAnswer(response.status_code) from None


def _error_of(response: httpx.Response) -> LedgerError:
    header = response.headers.get("Retry-After", "")
    retry_after = int(header) if header.isdecimal() else 0  # the ledger never sends a date
    try:
        code = msgspec.json.decode(response.content, type=_Problem).code
    except msgspec.DecodeError:
        return OtherAnswer(response.status_code, retry_after)
    return LedgerError.by_code.get(code, LedgerError)(response.json(), retry_after)
