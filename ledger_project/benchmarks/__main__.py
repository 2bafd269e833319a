"""`make bench`: print the table and, with --json FILE, write its numbers."""

import argparse
import json
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from ledger_project.benchmarks import growth, in_process, over_http
from ledger_project.benchmarks.stack import make_ledger, postgres, require_programs

# What is compared, with what, and the lowest ratio that is wanted.
RATIOS = (
    ("POST against the ceiling", "ours POST", "ceiling POST", 0.80),
    ("GET balance against the ceiling", "ours GET", "ceiling GET", 0.80),
    ("POST against the classic way", "ours POST", "classic POST", 4),
    ("GET balance against the classic way", "ours GET", "classic GET", None),
    ("one hot owner against many", "ours POST, one hot owner", "ours POST", 0.85),
    ("batches of 10 against single POSTs, entries", "ours batches of 10", "ours POST, beside batches", None),
    ("batches of 100 against single POSTs, entries", "ours batches of 100", "ours POST, beside batches", None),
    ("batches of 1000 against single POSTs, entries", "ours batches of 1000", "ours POST, beside batches", 15),
    ("the same, of any owners", "ours batches of 1000, any owners", "ours POST, beside batches", None),
    ("post() against django-hordak's transfer_to", "in process, ours", "in process, hordak", 4),
)


def main() -> None:
    arguments = _arguments()
    require_programs("wrk", "pgbench")
    result: dict[str, Any] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine()}
    with postgres() as url:
        if arguments.what == "growth":
            result |= growth.measure(url, arguments.entries)
        else:
            result |= _speed(url, arguments.rounds, arguments.seconds)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    print(*(growth.table(result) if arguments.what == "growth" else _table(result)), sep="\n")  # noqa: T201


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["speed", "growth"])
    parser.add_argument("--json", type=Path, help="a file for the numbers")
    parser.add_argument("--rounds", type=int, default=10, help="of speed")
    parser.add_argument("--seconds", type=int, default=3, help="of each contestant in each round")
    parser.add_argument("--entries", type=int, default=10_000_000, help="of growth, at its end")
    return parser.parse_args()


def machine() -> str:
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({cpu.partition(': ')[2]}), {memory:.0f} GiB, Python {platform.python_version()}"


def _speed(url: str, rounds: int, seconds: int) -> dict[str, Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE hordak")
    ledger = make_ledger(url, "speed")
    found = over_http.measure(ledger, rounds, seconds)
    rates: Any = found["rates"]
    return found | {"rates": rates | in_process.measure(ledger, max(3, rounds // 2), seconds)}


def _table(result: dict[str, Any]) -> Iterator[str]:
    rates: dict[str, list[float]] = result["rates"]
    yield f"{result['date']}, {result['machine']}\n"
    yield "| contestant | requests, or entries of batches, a second |\n|---|---|"
    for name, of_rounds in rates.items():
        yield f"| {name} | {median(of_rounds):,.0f} |"
    yield "\n| ratio, median of the rounds | | at least |\n|---|---|---|"
    for what, one, other, least in RATIOS:
        yield f"| {what} | {ratio(rates, one, other):.2f} | {least or ''} |"
    yield "\n| at half the rate | requests a second | p50, ms | p99, ms |\n|---|---|---|---|"
    for what, latency in result["latency"].items():
        yield f"| {what} | {latency['rate']:,.0f} | {latency['p50']:.1f} | {latency['p99']:.1f} |"
    yield "\n| | memory of a worker, MB |\n|---|---|"
    for name, megabytes in result["memory"].items():
        yield f"| {name} | {megabytes:.0f} |"


def ratio(rates: dict[str, list[float]], one: str, other: str) -> float:
    """Return the median of the ratios of each round, in which both had the same conditions."""
    return median(a / b for a, b in zip(rates[one], rates[other], strict=True))


if __name__ == "__main__":
    main()
