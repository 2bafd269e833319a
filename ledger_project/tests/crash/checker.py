"""The offline checker: holds what the writers were told against what the books have. Pure, and tested by forgeries."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ledger_core.operations.corrections import STAFF
from ledger_project.tests.crash.writers import Attempt, Outcome

Row = dict[str, Any]  # an entry of the books, as the API shows it
BOOKS = """
    SELECT id, app, operation, owner_id, seq, amount, delta, balance_after, nonce, claim, client,
        reverses, batch, reference, metadata, nullif(held, 0) AS held, hold, transfer, counterparty,
        to_char(expires_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS expires_on,
        to_char(created_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_on,
        encode(hash, 'hex') AS hash
    FROM ledger_entry ORDER BY id
"""

# What few entries have, and others do not show.
RARE = ("held", "hold", "transfer", "counterparty", "expires_on")


def shown(row: Row) -> Row:
    """Return an entry of the books as the API shows it."""
    return {name: value for name, value in row.items() if name not in RARE or value is not None}


def violations(attempts: Sequence[Attempt], rows: Sequence[Row]) -> Iterator[str]:
    """Yield each promise that was broken. `rows` are all entries of the books, those of staff included."""
    posted: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if not (row.get("client", "").startswith(STAFF) or _is_the_ledgers(row)):
            posted[row["owner_id"], row["nonce"]].append(row)
    yield from (f"{owner} has {nonce} twice" for (owner, nonce), found in posted.items() if len(found) > 1)

    requests: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        requests[attempt.request].append(attempt)
    for name, tries in requests.items():
        keys = [(entry["owner_id"], entry["nonce"]) for entry in tries[0].entries]
        found = [row for key in keys for row in posted.pop(key, [])]
        yield from (f"{name}: {broken}" for broken in _of_request(tries, found))

    yield from (f"{owner} has {nonce}, which nobody asked for" for owner, nonce in posted)
    yield from _of_transfers(rows)
    yield from _of_histories(rows)


def _of_request(tries: Sequence[Attempt], found: Sequence[Row]) -> Iterator[str]:
    asked = len(tries[0].entries)
    # The last word counts: it was asked for when nothing of the request was under way any more.
    acknowledged = [attempt for attempt in tries if attempt.outcome is Outcome.ACKNOWLEDGED]
    for attempt in acknowledged:
        if not _are_told(attempt, found):
            yield "it was acknowledged, and the books have not what it was told"
    if not acknowledged and tries[-1].outcome is Outcome.REFUSED and found:
        yield "it was refused, and is in the books"
    for entry in tries[0].entries:
        for row in found:
            if row["nonce"] == entry["nonce"] and not row.items() >= _as_posted(entry).items():
                yield f"{entry['nonce']} is in the books, but not as it was asked for"
    if len(found) not in (0, asked):
        yield f"{len(found)} of its {asked} entries are in the books"


def _is_the_ledgers(row: Row) -> bool:
    """Whether the ledger has chosen the nonce: of the other side of a transfer, or of the end of an expired hold."""
    return row.get("operation") == "HOLD_EXPIRY" or ("transfer" in row and row["delta"] > 0)


def _are_told(attempt: Attempt, found: Sequence[Row]) -> bool:
    told = [{name: value for name, value in entry.items() if name != "other_side"} for entry in attempt.answer]
    if attempt.hold == "holds":
        return len(told) == len(found) and all(
            row.items() >= entry.items() for row, entry in zip(found, told, strict=True)
        )
    return told == found


def _as_posted(asked: Row) -> Row:
    names = {"to_owner_id": "counterparty"}
    return {names.get(name, name): value for name, value in asked.items() if name != "expires_in"}


def _of_transfers(rows: Sequence[Row]) -> Iterator[str]:
    by_id = {row["id"]: row for row in rows if "transfer" in row}
    for row in by_id.values():
        other = by_id.get(row["transfer"], {})
        if (other.get("owner_id"), other.get("transfer"), other.get("delta")) != (
            row["counterparty"],
            row["id"],
            -row["delta"],
        ):
            yield f"the transfer {row['id']} has no other side"


def _of_histories(rows: Sequence[Row]) -> Iterator[str]:
    histories: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row["seq"])):
        histories[row["owner_id"]].append(row)
    for owner, history in histories.items():
        if [row["seq"] for row in history] != list(range(1, len(history) + 1)):
            yield f"the sequence of {owner} has a gap"
        balance = 0
        for row in history:
            balance += row["delta"]
            if row["balance_after"] != balance or balance < 0:
                yield f"the balance of {owner} is wrong after {row['seq']}"


def figures(attempts: Sequence[Attempt], rows: Sequence[Row]) -> dict[str, int]:
    """Return what happened, in numbers."""
    outcomes = Counter(attempt.outcome for attempt in attempts)
    tries = Counter(attempt.request for attempt in attempts)
    last = {attempt.request: attempt for attempt in attempts}
    return {
        "requests": len(tries),
        "attempts": len(attempts),
        "acknowledged": outcomes[Outcome.ACKNOWLEDGED],
        "refused": outcomes[Outcome.REFUSED],
        "unknown": outcomes[Outcome.UNKNOWN],
        "of these, answers not read": sum(attempt.dropped for attempt in attempts),
        "requests retried": sum(count > 1 for count in tries.values()),
        "retried, and the first was posted": sum(
            attempt.status == 200 and tries[name] > 1 for name, attempt in last.items()
        ),
        "requests left unknown": sum(attempt.outcome is Outcome.UNKNOWN for attempt in last.values()),
        "entries in the books": len(rows),
    }
