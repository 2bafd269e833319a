"""Errors: why the ledger rejects a request. Each error class has a stable code, an HTTP status and a remedy."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

# The members that every problem document, or every item of a rejected batch, has already.
RESERVED = frozenset({"type", "title", "status", "detail", "code", "request_id", "index"})


class LedgerError(Exception):
    """A rejected request.

    A subclass sets `code` (stable, for programs), `status` (HTTP), `title` (the same for every occurrence), `remedy`
    (what a caller can do), and a docstring of one line, which is the detail where there is no better one. `members`
    lists the further members that the problem document can have, with an example of each.

    An instance has `detail`, which describes this occurrence, and `data`, the values of the further members. `data`
    cannot replace a member that every problem document has: that raises TypeError.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    remedy: ClassVar[str] = ""
    members: ClassVar[Mapping[str, Any]] = {}
    retry_after: ClassVar[int | None] = None  # seconds, sent as Retry-After

    def __init__(self, detail: str, **data: Any) -> None:
        if not RESERVED.isdisjoint(data):
            raise TypeError(f"{type(self).__name__}: every problem document has {', '.join(RESERVED & data.keys())}.")
        super().__init__(detail)
        self.detail = detail
        self.data = data

    def headers(self) -> dict[str, str]:
        """Return the headers that the response has because of this error."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    @classmethod
    def by_docstring(cls) -> Self:
        """Return the error with the class's docstring as its detail."""
        return cls(cls.__doc__ or cls.title)

    @classmethod
    def example(cls) -> Self:
        """Return the error with an example of every member, for the documentation."""
        error = cls.by_docstring()
        error.data = dict(cls.members)
        return error


class ReusedCode(Exception):
    """Two error classes have the same code."""


class Registry:
    """Error classes by code. Programs tell errors apart by their codes, so no two classes may have the same one."""

    def __init__(self) -> None:
        self._by_code: dict[str, type[LedgerError]] = {}

    def register(self, *kinds: type[LedgerError]) -> None:
        """Add error classes. Raises ReusedCode if another class has the code of one of them."""
        for kind in kinds:
            known = self._by_code.setdefault(kind.code, kind)
            if known is not kind:
                raise ReusedCode(f"{_path(kind)} has the code {kind.code!r} of {_path(known)}")

    def get(self, code: str) -> type[LedgerError] | None:
        """Return the class with this code, or None."""
        return self._by_code.get(code)

    def __iter__(self) -> Iterator[type[LedgerError]]:
        return iter(self._by_code.values())


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


class InvalidRequest(LedgerError):
    """Fields or query parameters are not valid. `errors` lists them."""

    code = "invalid-request"
    status = 400
    title = "The request is not valid"
    remedy = (
        "Fix the listed fields and retry. If no field is listed, `detail` has the reason. Nothing was posted, so the "
        "nonce can be used again."
    )
    members = {"errors": [{"field": "amount", "detail": "Expected `int` >= 1"}]}

    @classmethod
    def of_field(cls, field: str, detail: str) -> Self:
        """Return the error of one field."""
        return cls(f"{field}: {detail}.", errors=[{"field": field, "detail": detail}])


class InvalidOperation(LedgerError):
    """The app has no operation with this code."""

    code = "invalid-operation"
    status = 400
    title = "The app has no such operation"
    remedy = "Use an operation that `GET /api/v1/{app}/operations` lists, under the path of its own app."


class AccountLocked(LedgerError):
    """The owner's account is busy. Nothing was posted; retry with the same nonce."""

    code = "account-locked"
    status = 503
    title = "The account is locked"
    retry_after = 1
    remedy = "Retry with the same nonce after `Retry-After` seconds. Other owners are not affected."
