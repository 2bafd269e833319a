"""The problem document of an error (RFC 9457), and the response that sends it."""

from typing import Annotated, Any

from django.http import HttpResponse
from msgspec import UNSET, Meta, Struct, UnsetType

from ledger_core.api.response_types import Index, Time
from ledger_core.api.responses import json_response
from ledger_core.errors import LedgerError
from ledger_core.observability.request_log import request_id
from ledger_core.operations import Scope

MEDIA_TYPE = "application/problem+json"


class FieldError(Struct, kw_only=True):
    """A field that is wrong."""

    field: Annotated[str, Meta(description="The field or query parameter: `amount`, or `entries[3].amount`.")]
    detail: Annotated[str, Meta(description="What is wrong with it.")]


class ItemError(Struct, kw_only=True, omit_defaults=True):
    """An item that cannot be posted, with the fields that the problem document of its code has."""

    index: Annotated[Index, Meta(description="The position of the item in the batch, from 0.")]
    code: Annotated[str, Meta(description="The code of the item's problem.")]
    detail: Annotated[str, Meta(description="Why the item cannot be posted.")]
    errors: list[FieldError] | UnsetType = UNSET
    fields: list[str] | UnsetType = UNSET
    balance: int | UnsetType = UNSET
    held: int | UnsetType = UNSET
    available: int | UnsetType = UNSET
    short_by: int | UnsetType = UNSET
    largest_amount: int | UnsetType = UNSET
    again_on: Time | UnsetType | None = UNSET
    remaining: int | UnsetType = UNSET


class Problem(Struct, kw_only=True):
    """A problem document (RFC 9457): why the service rejected the request."""

    type: Annotated[str, Meta(description="The path of the page about this problem, as a URI reference.")]
    title: Annotated[str, Meta(description="A short summary, the same for every occurrence.")]
    status: Annotated[int, Meta(ge=400, le=599, description="The HTTP status.")]
    detail: Annotated[str, Meta(description="What happened in this request, for people.")]
    code: Annotated[str, Meta(description="The kind of problem, for programs. Codes never change.")]
    request_id: Annotated[str, Meta(description="The id of the request, also in `X-Request-ID` and in the logs.")]
    errors: Annotated[
        list[FieldError] | UnsetType, Meta(description="The fields or query parameters to fix, at most 20.")
    ] = UNSET
    fields: Annotated[
        list[str] | UnsetType, Meta(description="The fields that differ from the first request with the nonce.")
    ] = UNSET
    balance: Annotated[int | UnsetType, Meta(description="The balance of the owner who pays, in credits.")] = UNSET
    held: Annotated[int | UnsetType, Meta(description="The part of `balance` that open holds reserve.")] = UNSET
    available: Annotated[
        int | UnsetType,
        Meta(
            description="The credits that the operation can take: `balance` minus `held`; for a transfer, also minus "
            "the credits that expire."
        ),
    ] = UNSET
    short_by: Annotated[int | UnsetType, Meta(description="How many credits are missing.")] = UNSET
    largest_amount: Annotated[
        int | UnsetType, Meta(description="The largest `amount` that would be accepted now; 0 for none.")
    ] = UNSET
    again_on: Annotated[
        Time | UnsetType | None,
        Meta(description="When the operation can be posted for the owner again; null for never."),
    ] = UNSET
    remaining: Annotated[
        int | UnsetType, Meta(description="How many units are left of the entry to reverse, or of the hold.")
    ] = UNSET
    items: Annotated[list[ItemError] | UnsetType, Meta(description="The items that cannot be posted.")] = UNSET
    scope: Annotated[Scope | UnsetType, Meta(description="The missing scope.")] = UNSET


def type_of(kind: type[LedgerError]) -> str:
    """Return the address of the page about an error, which is the `type` of its problem documents.

    RFC 9457, 3.1.1, recommends a reference with a full path and no host, which means the same wherever it is read.
    """
    return f"/api/problems/{kind.code}"


def problem_of(error: LedgerError) -> dict[str, Any]:
    """Return the problem document of the error, with the id of the current request.

    Its members are those of `Problem`, and for an app's own error those that its class declares.
    """
    return {
        "type": type_of(type(error)),
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id(),
        **error.data,
    }


def problem_response(error: LedgerError) -> HttpResponse:
    """Return the response that sends the problem document of the error."""
    return json_response(problem_of(error), status=error.status, headers=error.headers(), media_type=MEDIA_TYPE)
