"""What the ledger refuses, as exceptions: each knows its stable code, its HTTP status and its data."""

from typing import Any, ClassVar, Self


class LedgerError(Exception):
    """A request that the ledger refuses.

    A subclass sets `code` (stable, for programs), `status` (HTTP), `title` (the same for every occurrence), and
    a docstring of one line that can stand for the detail. `detail` tells this occurrence, and `data` are further
    members of the problem document.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str, **data: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.data = data

    @classmethod
    def by_docstring(cls) -> Self:
        """Return the error with its docstring for a detail."""
        return cls(cls.__doc__ or cls.title)


class InvalidRequest(LedgerError):
    """The request is not of the form that the schema asks for: `errors` names each field at fault."""

    code = "invalid-request"
    status = 400
    title = "The request is not valid"

    @classmethod
    def of_field(cls, field: str, detail: str) -> Self:
        """Return the error of one field."""
        return cls(f"{field}: {detail}.", errors=[{"field": field, "detail": detail}])


class InvalidOperation(LedgerError):
    """The app has no operation of that code."""

    code = "invalid-operation"
    status = 400
    title = "The app has no such operation"
