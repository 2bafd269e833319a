"""Posting: the only writer of the books. One SQL statement posts one entry, and constraints refuse what may not be."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from django.db import DataError, IntegrityError, connection, transaction
from psycopg import Error as PostgresError
from psycopg.errors import NumericValueOutOfRange
from psycopg.types.numeric import Int8

from ledger_core import constraints, metrics, sql
from ledger_core.errors import InvalidOperation, LedgerError
from ledger_core.models import Entry
from ledger_core.operations import OperationSet, Own, SharedOperation
from ledger_core.values import Amount, Nonce, OwnerId, check

_POST = sql.load("post")
_COLUMNS = [field.attname for field in Entry._meta.concrete_fields]  # in the order in which post.sql returns them

_Request = Mapping[str, str | int]


class InsufficientBalance(LedgerError):
    """The balance would fall below zero."""

    code = "insufficient-balance"
    status = 402
    title = "The balance is too low"


class BalanceTooLarge(LedgerError):
    """The balance would grow past what a bigint holds."""

    code = "balance-too-large"
    status = 409
    title = "The balance would be too large"


class AlreadyClaimed(LedgerError):
    """The owner has taken the slot that the operation claims."""

    code = "already-claimed"
    status = 409
    title = "The owner has had this already"


class NonceReused(LedgerError):
    """The owner's nonce belongs to an earlier, different request; `fields` names what differs."""

    code = "nonce-reused"
    status = 409
    title = "The nonce belongs to another request"


# The constraint that refuses, the error that it means, and what to say of it.
_REFUSALS: Mapping[str | None, tuple[type[LedgerError], str]] = {
    constraints.BALANCE_NOT_NEGATIVE: (
        InsufficientBalance,
        "{owner_id} has too few credits for {operation} × {amount}, which changes the balance by {delta}.",
    ),
    constraints.STARTS_FROM_ZERO: (
        InsufficientBalance,
        "{owner_id} has no credits yet, and {operation} × {amount} changes the balance by {delta}.",
    ),
    constraints.CLAIM_ONCE: (AlreadyClaimed, "{owner_id} has had {operation} already."),
}


@dataclass(frozen=True, slots=True)
class Posted:
    """What a post came to: the entry, and whether an earlier, equal request had posted it."""

    entry: Entry
    replayed: bool


def post(
    operations: OperationSet[Own],
    operation: SharedOperation | Own,
    *,
    owner_id: str,
    nonce: str,
    amount: int = 1,
    client: str = "",
) -> Posted:
    """Post `amount` units of an operation of an app to the owner's balance, once per owner and nonce.

    Committed when it returns, unless a transaction surrounds it. A request that is repeated with its nonce
    returns the entry of the first. Raises InvalidRequest, InsufficientBalance, BalanceTooLarge, AlreadyClaimed
    or NonceReused; then nothing was written, and the nonce is as free as it was.
    """
    if operation not in operations:  # mypy refuses it too, where it is asked
        raise InvalidOperation(f"Invalid operation: {operation.code}")
    check(owner_id, OwnerId, "owner_id")
    check(nonce, Nonce, "nonce")
    check(amount, Amount, "amount")
    request: _Request = {
        "app": operations.app,
        "operation": operation.code,
        "owner_id": owner_id,
        "nonce": nonce,
        "amount": amount,
        "delta": operation.delta(amount),
        "client": client,
    }
    with metrics.POST_SECONDS.labels(operations.app).time():
        try:
            entry = _insert(request)
        except (DataError, IntegrityError) as error:
            # The nonce is looked for after every refusal, not only its own constraint's: the retry of a debit
            # may well ask for more than the first one left.
            earlier = Entry.objects.filter(owner_id=owner_id, nonce=nonce).first()
            if earlier is None:
                _raise_refusal(error, request)
                raise
            _require_same(request, earlier)
            metrics.REPLAYS.labels(operations.app).inc()
            return Posted(earlier, replayed=True)
    metrics.ENTRIES_POSTED.labels(operations.app, operation.code).inc()
    return Posted(entry, replayed=False)


def _insert(request: _Request) -> Entry:
    # Integers of one type, whatever their size, so that PostgreSQL prepares the statement once.
    parameters = {name: Int8(value) if isinstance(value, int) else value for name, value in request.items()}
    # A refusal must not spoil a transaction that surrounds the post. Without one: no BEGIN and no COMMIT.
    with transaction.atomic() if connection.in_atomic_block else nullcontext(), connection.cursor() as cursor:
        cursor.execute(_POST, parameters)
        return Entry.from_db(connection.alias, _COLUMNS, cursor.fetchone())


def _raise_refusal(error: DataError | IntegrityError, request: _Request) -> None:
    """Raise what the database's error means. One that means no refusal is a fault of ours, and stays as it is."""
    cause = error.__cause__
    if isinstance(cause, NumericValueOutOfRange):
        raise BalanceTooLarge("{owner_id} cannot hold {delta} more credits.".format_map(request)) from error
    constraint = cause.diag.constraint_name if isinstance(cause, PostgresError) else None
    if constraint in _REFUSALS:
        refusal, detail = _REFUSALS[constraint]
        raise refusal(detail.format_map(request)) from error


def _require_same(request: _Request, earlier: Entry) -> None:
    fields = [name for name in ("app", "operation", "amount") if getattr(earlier, name) != request[name]]
    if fields:
        detail = f"{request['owner_id']} has used the nonce {request['nonce']} with another {' and '.join(fields)}."
        raise NonceReused(detail, fields=fields)
