"""The ledger's own metrics. Labels come from the registries of apps, operations and errors, never from a request."""

from prometheus_client import Counter, Histogram

from ledger_core.speed.series import series

ENTRIES_POSTED = Counter("ledger_entries_posted", "Entries posted; replays are not counted.", ["app", "operation"])
CREDITS_MOVED = Counter(
    "ledger_credits_moved",
    "Credits that entries gave to owners (in) or took from them (out).",
    ["app", "operation", "direction"],
)
CREDITS_HELD = Counter(
    "ledger_credits_held",
    "Credits that holds reserved (held), or that captures and releases gave back (given back).",
    ["app", "operation", "direction"],
)
REPLAYS = Counter("ledger_replays", "Requests that returned the entry of an earlier request.", ["app"])
REFUSALS = Counter("ledger_refusals", "Rejected requests, by the code of the error.", ["app", "reason"])
POST_SECONDS = Histogram(
    "ledger_post_seconds",
    "Seconds for one post or one batch, from the call to the committed entries or the rejection.",
    ["app", "operation"],
    # The statement takes about half a millisecond on an idle machine. Waiting for a lock takes less than a second.
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
HTTP_SECONDS = Histogram(
    "ledger_http_request_seconds",
    "Seconds for one HTTP request, by route.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


def record_posted(app: str, operation: str, *, entries: int, credits_: int, held: int = 0) -> None:
    """Count entries of one operation, with the credits that they gave or took, and those that they held or gave back.

    All entries moved credits in the same direction.
    """
    series(ENTRIES_POSTED, app, operation).inc(entries)
    series(CREDITS_MOVED, app, operation, "in" if credits_ > 0 else "out").inc(abs(credits_))
    if held:
        series(CREDITS_HELD, app, operation, "held" if held > 0 else "given back").inc(abs(held))
