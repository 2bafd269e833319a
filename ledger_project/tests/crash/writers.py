"""Writers under way over HTTP, who retry what was not answered and write down all that they asked and were told."""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from select import select
from typing import Any

OWNERS = ["hot", *(f"owner-{n}" for n in range(12))]
DROPPED = 0.03  # of the answers are not read
TRIED = 0.1  # of the requests are dry runs
HELD = 0.2  # of the others make a hold or end one
OF_A_HOLD = ["id", "app", "operation", "owner_id", "amount", "nonce", "client", "reference", "metadata", "created_on"]
LEFT = 0.2  # of what was not answered is not asked again
TIMEOUT = 10  # seconds, which nothing here should take
SETTLED = 2  # seconds in which what is under way comes to its end


class Outcome(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # this attempt wrote nothing
    UNKNOWN = "unknown"  # no answer, or one that says that the writer cannot know


@dataclass
class Attempt:
    """One sending of a request: `entries` are asked for, and `answer` are the entries of an acknowledgement.

    The address and the body follow from the entries, except for a hold and what ends it, whose address is `hold`.
    """

    request: str
    app: str
    entries: list[dict[str, Any]]
    outcome: Outcome = Outcome.UNKNOWN
    status: int = 0  # none
    error: str = ""  # in the place of an answer
    answer: list[dict[str, Any]] = field(default_factory=list)
    dropped: bool = False
    hold: str = ""


class Writer(threading.Thread):
    def __init__(self, name: str, port: int, key: str, records: Path, stop: threading.Event) -> None:
        super().__init__(name=name)
        self._unsettled: list[Attempt] = []
        self._port, self._path, self._stop_asked = port, records / f"{name}.jsonl", stop
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        self._random = random.Random(name)  # noqa: S311
        self._connection = self._new_connection()
        self._purchases: list[dict[str, Any]] = []
        self._holds: list[dict[str, Any]] = []
        self._number = 0

    def run(self) -> None:
        with self._path.open("w") as records:
            while not self._stop_asked.is_set():
                for attempt in self._ask():
                    records.write(json.dumps(vars(attempt)) + "\n")
        self._connection.close()

    def settle(self) -> None:
        """Ask again what was refused after an attempt without an answer, which may have been under way still.

        Once nothing is, a refusal is one for good.
        """
        with self._path.open("a") as records:
            for refused in self._unsettled:
                attempt = Attempt(refused.request, refused.app, refused.entries, hold=refused.hold)
                for _ in range(20):  # a service that stays away is found by the test that kills it
                    self._send(attempt)
                    if attempt.outcome is not Outcome.UNKNOWN:
                        break
                    time.sleep(0.1)
                records.write(json.dumps(vars(attempt)) + "\n")
        self._connection.close()

    def _ask(self) -> Iterator[Attempt]:
        """Send a request until it is answered, or left."""
        self._number += 1
        app = self._random.choice(["content", "ecommerce"])
        entries = [self._entry(app, n) for n in range(self._random.choice([1, 1, 1, 1, 1, 5]))]
        if self._random.random() < TRIED:  # not recorded: an entry of it would be one that nobody asked for
            self._send(Attempt("", app, entries), dry_run=True)
            return
        hold = ""
        if self._random.random() < HELD:
            app, hold, entries = self._hold()
        for number in count():
            attempt = Attempt(f"{self.name}-{self._number}", app, entries, hold=hold)
            self._send(attempt)
            yield attempt
            if attempt.outcome is Outcome.REFUSED and number:
                self._unsettled.append(attempt)
            if attempt.outcome is not Outcome.UNKNOWN or self._random.random() < LEFT:
                # A hold is no purchase, but is one once it is captured.
                self._purchases += [e for e in attempt.answer if e["operation"] == "PURCHASE" and hold != "holds"]
                self._holds += attempt.answer if hold == "holds" else []
                return
            self._stop_asked.wait(0.05)

    def _entry(self, app: str, n: int) -> dict[str, Any]:
        entry = {
            "owner_id": self._random.choice(OWNERS),
            "nonce": f"{self.name}-{self._number}-{n}",
            "amount": 1,
            "reference": f"order-{self._random.randrange(100)}",
            "metadata": {"writer": self.name, "item": str(n)},
        }
        if app == "ecommerce" and self._purchases and self._random.random() < 0.3:
            bought = self._random.choice(self._purchases)
            return {**entry, "owner_id": bought["owner_id"], "operation": "REFUND_ITEM", "reverses": bought["id"]}
        if not app:
            return entry
        own = {"content": "CONTENT_CREATION", "ecommerce": "PURCHASE"}[app]
        if app == "content" and self._random.random() < 0.2:
            to = self._random.choice([owner for owner in OWNERS if owner != entry["owner_id"]])
            return {**entry, "operation": "TIP", "to_owner_id": to}
        operation = self._random.choice(["CREDIT_ADD", "CREDIT_SPEND", "DAILY_REWARD", own, own])
        return {**entry, "operation": operation}

    def _hold(self) -> tuple[str, str, list[dict[str, Any]]]:
        """Return app, address and entry of a hold, or of what ends one that this writer has made. Some end twice."""
        if self._holds and self._random.random() < 0.7:
            made = self._random.choice(self._holds)
            end = self._random.choice(["capture", "capture", "release"])
            nonce = f"{self.name}-{self._number}-end"
            return made["app"], f"holds/{made['id']}/{end}", [{"owner_id": made["owner_id"], "nonce": nonce}]
        app, operation = self._random.choice([("content", "CONTENT_CREATION"), ("ecommerce", "PURCHASE")])
        lifetime = self._random.choice([1, 2, 600])
        return app, "holds", [self._entry("", 0) | {"operation": operation, "expires_in": lifetime}]

    def _send(self, attempt: Attempt, **fields: object) -> None:
        batch = len(attempt.entries) > 1
        body = fields | ({"entries": attempt.entries} if batch else attempt.entries[0])
        if attempt.hold.startswith("holds/"):
            del body["owner_id"]
        address = f"/api/v1/{attempt.app}/{attempt.hold or ('batches' if batch else 'ledger')}"
        try:
            self._connection.request("POST", address, json.dumps(body), self._headers)
            if not self._stop_asked.is_set() and self._random.random() < DROPPED:
                attempt.dropped = True
                # Some while the post is under way, some after it; the service does not begin one whose client has gone.
                select([self._connection.sock], [], [], self._random.choice([0, 0.01, 1]))
                raise ConnectionAbortedError
            response = self._connection.getresponse()
            document = json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:  # ValueError: half an answer is no JSON
            attempt.error = repr(error)
            self._connection.close()
            self._connection = self._new_connection()
            return
        attempt.status = response.status
        if response.status in (200, 201):
            attempt.outcome = Outcome.ACKNOWLEDGED
            attempt.answer = document["entries"] if batch else [document]
            if attempt.hold == "holds":  # of which the entry has only a part
                attempt.answer = [{name: document[name] for name in OF_A_HOLD}]
        elif response.status < 500:
            attempt.outcome = Outcome.REFUSED

    def _new_connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)


@contextmanager
def writing(port: int, key: str, records: Path, writers: int = 8) -> Iterator[None]:
    """Have writers under way for as long as the context lasts; they and their nonces are named after the records."""
    records.mkdir()
    stop = threading.Event()
    threads = [Writer(f"{records.name}-{n}", port, key, records, stop) for n in range(writers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        time.sleep(SETTLED)
        for thread in threads:
            thread.settle()


def read_records(records: Path) -> list[Attempt]:
    lines = (json.loads(line) for path in sorted(records.glob("*.jsonl")) for line in path.read_text().splitlines())
    return [Attempt(**line | {"outcome": Outcome(line["outcome"])}) for line in lines]
