"""Over HTTP: the complete service, the ceiling and the classic way, in alternation."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from random import Random
from statistics import median
from typing import Any

from ledger_project.benchmarks.stack import CONNECTIONS, Ledger, Server, load, served

OWNERS = 10_000
BATCHES = (10, 100, 1000)
_WHO_POST_BATCHES = 4  # few jobs of a company post batches of a thousand at the same time
CONTESTANTS = {
    "ours": "ledger_project.wsgi",
    "ceiling": "ledger_project.benchmarks.bare",
    "classic": "ledger_project.benchmarks.classic",
}
_MAKE_OWNERS = """
SELECT count(*) FROM ledger_post_batch('content', '', (
    SELECT jsonb_agg(jsonb_build_object(
        'owner_id', %s || '-' || number, 'operation', 'CREDIT_ADD', 'amount', 1, 'delta', 10, 'nonce', 'first'
    )) FROM generate_series(1, %s) AS number
))
"""

Rates = dict[str, list[float]]
Runs = Iterator[tuple[str, Callable[[int], float]]]


def measure(ledger: Ledger, rounds: int, seconds: int) -> dict[str, object]:
    """Return the rates of each round, the latency at half the rate, and the memory of a worker."""
    with ledger.connect() as connection:
        for prefix in ("owner", "classic"):
            connection.execute(_MAKE_OWNERS, [prefix, OWNERS])
        connection.execute("VACUUM ANALYZE")
    with served(ledger, **CONTESTANTS) as servers:
        rates: Rates = defaultdict(list)
        # Batches last: their writes to the disk would slow the next contestant.
        for runs in (dict(_single(ledger, servers)), dict(_batches(ledger, servers["ours"]))):
            for run in runs.values():
                run(1)  # warm
            for number in range(rounds):
                for name in Random(number).sample(list(runs), len(runs)):  # noqa: S311  nobody always after the same
                    rates[name].append(runs[name](seconds))
        return {
            "rates": rates,
            "latency": {
                what: _at_half_rate(ledger, servers["ours"], what, median(rates[f"ours {what}"])) for what in _SCRIPTS
            },
            "memory": {name: server.memory for name, server in servers.items()},
        }


_SCRIPTS = {"POST": "post", "GET": "get"}


def _single(ledger: Ledger, servers: Mapping[str, Server]) -> Runs:
    for name, server in servers.items():
        prefix = "classic" if name == "classic" else "owner"
        for what, script in _SCRIPTS.items():
            yield f"{name} {what}", _run(ledger, server, script, owners=OWNERS, prefix=prefix)
    yield "ours POST, one hot owner", _run(ledger, servers["ours"], "post", owners=1, prefix="hot")


def _batches(ledger: Ledger, ours: Server) -> Runs:
    yield "ours POST, beside batches", _run(ledger, ours, "post", owners=OWNERS)
    asked = {"connections": _WHO_POST_BATCHES, "owners": OWNERS}
    for items in BATCHES:
        # Owners in turn, as a job that posts for each owner. Batches that share owners wait for each other.
        yield f"ours batches of {items}", _run(ledger, ours, "post", items, **asked, in_turn=1)
    yield "ours batches of 1000, any owners", _run(ledger, ours, "post", 1000, **asked)


def _run(ledger: Ledger, server: Server, script: str, items: int = 1, **options: Any) -> Callable[[int], float]:
    return lambda seconds: items * load(server, ledger, script, seconds, items=items, **options)["rate"]


def _at_half_rate(ledger: Ledger, server: Server, what: str, rate: float) -> dict[str, float]:
    think = CONNECTIONS / (rate / 2) * 1000  # the time of the request comes on top, so the rate is slightly below half
    found = load(server, ledger, _SCRIPTS[what], 10, owners=OWNERS, think=think)
    return {name: found[name] for name in ("rate", "p50", "p99")}
