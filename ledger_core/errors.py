"""What the ledger refuses, as exceptions: each knows its stable code, its HTTP status and its data."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self


class LedgerError(Exception):
    """A request that the ledger refuses.

    A subclass sets `code` (stable, for programs), `status` (HTTP), `title` (the same for every occurrence), and
    a docstring of one line that can stand for the detail. `detail` tells this occurrence, and `data` are further
    members of the problem document. `remedy` is what to do about it, and `members` names the further members that
    there can be, with an example of each: the error's page (`api.problem_pages`) is made of these.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    remedy: ClassVar[str] = ""
    members: ClassVar[Mapping[str, Any]] = {}
    retry_after: ClassVar[int | None] = None  # seconds, for the header of that name

    def __init__(self, detail: str, **data: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.data = data

    def headers(self) -> dict[str, str]:
        """Return the headers of the response, beside those that every response has."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    @classmethod
    def by_docstring(cls) -> Self:
        """Return the error with its docstring for a detail."""
        return cls(cls.__doc__ or cls.title)

    @classmethod
    def example(cls) -> Self:
        """Return the error as documents show it, with all that it can have."""
        error = cls.by_docstring()
        error.data = dict(cls.members)
        return error

    @classmethod
    def kinds(cls) -> Iterator[type["LedgerError"]]:
        """Yield every kind of error that there is: the classes that have a code, plugins' too."""
        for kind in cls.__subclasses__():
            if "code" in vars(kind):
                yield kind
            yield from kind.kinds()


class InvalidRequest(LedgerError):
    """The request is not of the form that the schema asks for: `errors` names each field at fault."""

    code = "invalid-request"
    status = 400
    title = "The request is not valid"
    remedy = "Mend what is at fault and send it again: nothing was posted, and the nonce is free."
    members = {"errors": [{"field": "amount", "detail": "Expected `int` >= 1"}]}

    @classmethod
    def of_field(cls, field: str, detail: str) -> Self:
        """Return the error of one field."""
        return cls(f"{field}: {detail}.", errors=[{"field": field, "detail": detail}])


class InvalidOperation(LedgerError):
    """The app has no operation of that code."""

    code = "invalid-operation"
    status = 400
    title = "The app has no such operation"
    remedy = "`GET /api/v1/{app}/operations` lists those that there are. Each app is posted to at its own address."


class AccountLocked(LedgerError):
    """Another transaction holds the account's lock. Nothing was posted; retry with the same nonce."""

    code = "account-locked"
    status = 503
    title = "The account is locked"
    retry_after = 1
    remedy = "Retry with the same nonce after `Retry-After` seconds. Other owners are not affected."
