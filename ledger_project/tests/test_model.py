"""Hypothesis drives the API against a model of the ledger, written from its documents alone."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ecommerce.operations import EcommerceOperation
from ledger_core.access import clients
from ledger_core.operations import Scope
from ledger_core.verification import verify

APPS = ("content", "ecommerce")
VALUES = {
    "DAILY_REWARD": 1,
    "SIGNUP_CREDIT": 3,
    "CREDIT_SPEND": -1,
    "CREDIT_ADD": 10,
    "CONTENT_CREATION": -5,
    "CONTENT_ACCESS": 0,
    "TIP": -1,
    "PURCHASE": -10,
}
PURCHASE = EcommerceOperation.PURCHASE
SHARED = ["DAILY_REWARD", "SIGNUP_CREDIT", "CREDIT_SPEND", "CREDIT_ADD"]
OWN = {"content": ["CONTENT_CREATION", "CONTENT_ACCESS", "TIP"], "ecommerce": ["PURCHASE", "REFUND_ITEM"]}
OWNERS = 3
# Beside the app, what makes a request another one.
COMPARED = ("operation", "amount", "reverses", "to_owner_id", "reference", "metadata")

# What a request can say beside; most say nothing.
ABOUT: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {}, {}, {"reference": "order-1"}, {"reference": "order-2", "metadata": {"note": "Ünï\n'"}}, {"metadata": {}}]
)

Entry = dict[str, Any]
Body = dict[str, Any]


@dataclass
class Model:
    """What the documents say of the ledger: entries in the order in which they were posted, by owner."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    others: dict[int, Entry] = field(default_factory=dict)  # the other sides of transfers, by the id of the first
    values: dict[str, int] = field(default_factory=VALUES.copy)

    def balance(self, owner: str) -> int:
        return sum(entry["delta"] for entry in self.entries.get(owner, []))

    def held(self, owner: str) -> int:
        return sum(entry.get("held", 0) for entry in self.entries.get(owner, []))

    def left_of(self, hold: Entry) -> int:
        """Return the units of a hold that are left."""
        drawn = sum(e["held"] for e in self.entries[hold["owner_id"]] if e.get("hold") == hold["id"])
        return int(hold["amount"] + drawn // (hold["held"] // hold["amount"]))

    def answer_to(self, earlier: Entry) -> Entry:
        """Return what the response to a retry shows."""
        other = self.others.get(earlier["id"])
        return earlier | ({"other_side": other} if other else {})

    def by_nonce(self, body: Body) -> Entry | None:
        own = self.entries.get(body["owner_id"], [])
        return next((entry for entry in own if entry["nonce"] == body["nonce"]), None)

    def every(self) -> list[Entry]:
        return [entry for entries in self.entries.values() for entry in entries]

    def verdict(self, app: str, body: Body) -> dict[str, Any] | None:
        """Return the code of the refusal and what it tells; None where the body is posted or a replay."""
        earlier = self.by_nonce(body)
        if earlier:
            differing = ["app"] if earlier["app"] != app else []
            posted = earlier | {"to_owner_id": earlier.get("counterparty")}
            differing += [name for name in COMPARED if posted[name] != body.get(name)]
            return {"code": "nonce-reused", "fields": differing} if differing else None
        for refusal in (self._claimed(app, body), self._not_reversible(app, body), self._too_low(body)):
            if refusal:
                return refusal
        return None

    def _claimed(self, app: str, body: Body) -> dict[str, Any] | None:
        today = datetime.now(UTC).date().isoformat()
        for entry in self.entries.get(body["owner_id"], []):
            if (entry["app"], entry["operation"]) != (app, body["operation"]):
                continue
            if entry["operation"] == "SIGNUP_CREDIT":
                return {"code": "already-claimed", "again_on": None}
            if entry["operation"] == "DAILY_REWARD" and entry["created_on"][:10] == today:
                return {"code": "already-claimed"}
        return None

    def _not_reversible(self, app: str, body: Body) -> dict[str, Any] | None:
        if body["operation"] != "REFUND_ITEM":
            return None
        bought = self._bought(body)
        own = self.entries.get(body["owner_id"], [])
        gone = sum(entry["amount"] for entry in own if entry["reverses"] == body["reverses"])
        left = bought["amount"] - gone if bought else 0
        return {"code": "not-reversible", "remaining": left} if body["amount"] > left else None

    def _bought(self, body: Body) -> Entry | None:
        own = self.entries.get(body["owner_id"], [])
        bought = (e for e in own if e["operation"] == "PURCHASE" and e.get("held", 0) <= 0)  # a hold bought nothing yet
        return next((e for e in bought if e["id"] == body["reverses"]), None)

    def _delta(self, body: Body) -> int:
        """What a body moves: at its operation's value of today, or back as much as was paid for each unit."""
        if body["operation"] != "REFUND_ITEM":
            return self.values[body["operation"]] * int(body["amount"])
        bought = self._bought(body)
        return -bought["delta"] // bought["amount"] * int(body["amount"]) if bought else 0

    def _too_low(self, body: Body) -> dict[str, Any] | None:
        return self.too_low(body["owner_id"], -self._delta(body))

    def too_low(self, owner: str, takes: int) -> dict[str, Any] | None:
        balance = self.balance(owner)
        available = balance - self.held(owner)
        if takes > available:
            return {
                "code": "insufficient-balance",
                "balance": balance,
                "held": balance - available,
                "available": available,
                "short_by": takes - available,
            }
        return None

    def expected(self, app: str, body: Body) -> Entry:
        """Return the entry that a body makes, without what the database gives it."""
        own = self.entries.get(body["owner_id"], [])
        delta = self._delta(body)
        return {
            "app": app,
            **{name: body.get(name) for name in ("owner_id", "nonce", *COMPARED) if name != "to_owner_id"},
            **({"counterparty": body["to_owner_id"]} if "to_owner_id" in body else {}),
            "seq": len(own) + 1,
            "delta": delta,
            "balance_after": self.balance(body["owner_id"]) + delta,
        }

    def add(self, entry: Entry) -> None:
        alone = dict(entry)
        other = alone.pop("other_side", None)
        self.entries.setdefault(alone["owner_id"], []).append(alone)
        if other:
            assert (other["owner_id"], other["delta"]) == (alone["counterparty"], -alone["delta"])
            assert other["balance_after"] == self.balance(other["owner_id"]) + other["delta"]
            self.others[alone["id"]] = other
            self.entries.setdefault(other["owner_id"], []).append(other)


def set_price(value: int) -> None:
    object.__setattr__(PURCHASE.kind, "value", value)
    for computed in ("value", "scope", "max_amount"):  # once for each process, which has one version of the operations
        vars(PURCHASE).pop(computed, None)


class Ledger(RuleBasedStateMachine):
    """Two apps post and read; the model is asked first what will come of it."""

    @initialize()
    def begin(self) -> None:
        self.example = uuid.uuid4().hex[:8]  # the database keeps what other examples posted
        key = clients.create(f"model-{self.example}", ["content", "ecommerce"], list(Scope))
        self.client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"})
        self.model = Model()
        self.asked: list[tuple[str, Body]] = []
        self.nonces = 0

    def _body(self, data: st.DataObject, app: str, owner: int | None = None) -> Body:
        operation = data.draw(st.sampled_from(SHARED + OWN[app] * 2 + ["CREDIT_ADD"]))
        claims = operation in ("DAILY_REWARD", "SIGNUP_CREDIT")
        self.nonces += 1
        body = {
            "operation": operation,
            "owner_id": f"{self.example}-{data.draw(st.integers(0, OWNERS - 1)) if owner is None else owner}",
            "nonce": f"nonce-{self.nonces}",
            "amount": 1 if claims else data.draw(st.integers(1, 4)),
        } | data.draw(ABOUT)
        if operation == "TIP":
            others = [f"{self.example}-{n}" for n in range(OWNERS) if f"{self.example}-{n}" != body["owner_id"]]
            body["to_owner_id"] = data.draw(st.sampled_from(others))
        if operation == "REFUND_ITEM":
            ids = [entry["id"] for entry in self.model.every()]
            bought = [entry["id"] for entry in self.model.every() if entry["operation"] == "PURCHASE"]
            body["reverses"] = data.draw(st.sampled_from(ids or [2**62]) | st.sampled_from(bought or [2**62]))
            owners = [e["owner_id"] for e in self.model.every() if e["id"] == body["reverses"]]
            body["owner_id"] = data.draw(st.sampled_from(owners * 4 + [body["owner_id"]]))
        return body

    def _post(self, app: str, body: Body, address: str = "ledger") -> Any:
        return self.client.post(f"/api/v1/{app}/{address}", body, content_type="application/json")

    def _get(self, address: str, **query: object) -> Any:
        return self.client.get(f"/api/v1/{address}?{urlencode(query)}")

    def _single(self, app: str, body: Body) -> None:
        """Post it, and hold the answer against the model's."""
        earlier, verdict = self.model.by_nonce(body), self.model.verdict(app, body)
        expected = self.model.expected(app, body)
        tried = self._post(app, body | {"dry_run": True})
        response = self._post(app, body)
        document = json.loads(response.content)
        self._foretold(json.loads(tried.content), document)
        if verdict:
            assert response.status_code == (402 if verdict["code"] == "insufficient-balance" else 409)
            assert document | verdict == document
        elif earlier:
            assert (response.status_code, response["Idempotency-Replayed"]) == (200, "true")
            assert document == self.model.answer_to(earlier)
        else:
            assert response.status_code == 201, document
            assert document | expected == document
            self.model.add(document)

    def _foretold(self, tried: Entry, document: Entry) -> None:
        """Hold what a dry run told against what the request became. Only what the dry run tells is compared."""
        pairs = zip(tried["entries"], document["entries"], strict=True) if "entries" in tried else [(tried, document)]
        for told, became in pairs:
            differing = {name for name, value in told.items() if became.get(name) != value}
            assert differing <= {"dry_run", "created_on", "request_id", "other_side"}, (told, became)
            if "other_side" in told:  # its nonce is the ledger's, and another one each time
                self._foretold(told["other_side"] | {"nonce": became["other_side"]["nonce"]}, became["other_side"])

    @rule(data=st.data(), app=st.sampled_from(APPS))
    def post(self, data: st.DataObject, app: str) -> None:
        body = self._body(data, app)
        self.asked.append((app, body))
        self._single(app, body)

    @rule(value=st.integers(-15, 2))
    def change_the_price(self, value: int) -> None:
        """As an upgrade does: what was bought before is refunded at what it cost then."""
        set_price(value)
        self.model.values["PURCHASE"] = value

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def post_again(self, data: st.DataObject) -> None:
        """A retry at any later time: of what was posted a replay, of what was refused another try."""
        self._single(*data.draw(st.sampled_from(self.asked)))

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), app=st.sampled_from(APPS))
    def use_a_nonce_otherwise(self, data: st.DataObject, app: str) -> None:
        _, earlier = data.draw(st.sampled_from(self.asked))
        body = self._body(data, app) | {"nonce": earlier["nonce"]}
        if body["operation"] not in ("REFUND_ITEM", "TIP"):
            body["owner_id"] = earlier["owner_id"]
        self._single(app, body)

    @rule(data=st.data(), app=st.sampled_from(APPS), owner=st.integers(0, OWNERS - 1), amount=st.integers(1, 3))
    def hold(self, data: st.DataObject, app: str, owner: int, amount: int) -> None:
        operation = data.draw(
            st.sampled_from(["CREDIT_SPEND", {"content": "CONTENT_CREATION", "ecommerce": "PURCHASE"}[app]])
        )
        self.nonces += 1
        body: Body = {"operation": operation, "owner_id": f"{self.example}-{owner}", "amount": amount}
        body["nonce"] = f"nonce-{self.nonces}"
        response = self._post(app, body, "holds")
        document = json.loads(response.content)
        value = self.model.values[operation]
        verdict = self.model.too_low(body["owner_id"], -value * amount)
        if value >= 0:
            assert (response.status_code, document["errors"][0]["field"]) == (400, "operation")
        elif verdict:
            assert (response.status_code, document | verdict) == (402, document)
        else:
            assert (response.status_code, document["state"], document["remaining"]) == (201, "open", amount)
            entry = json.loads(self._get(f"{app}/entries/{document['id']}").content)
            assert (entry["delta"], entry["held"]) == (0, -value * amount)
            self.model.add(entry)
            assert json.loads(self._post(app, body, "holds").content) == document

    @precondition(lambda self: any(entry.get("held", 0) > 0 for entry in self.model.every()))
    @rule(data=st.data(), amount=st.integers(0, 3), final=st.booleans(), release=st.booleans(), other=st.booleans())
    def end_a_hold(self, data: st.DataObject, amount: int, final: bool, release: bool, other: bool) -> None:
        hold = data.draw(st.sampled_from([entry for entry in self.model.every() if entry.get("held", 0) > 0]))
        app, address = hold["app"], f"holds/{hold['id']}/{'release' if release else 'capture'}"
        self.nonces += 1
        body: Body = {"nonce": f"nonce-{self.nonces}"}
        if not release:
            body |= {"final": final} | ({"amount": amount} if amount else {})
        if other:
            assert json.loads(self._post(APPS[app == APPS[0]], body, address).content)["code"] == "hold-not-found"
            return
        left = self.model.left_of(hold)
        response = self._post(app, body, address)
        document = json.loads(response.content)
        if not left or (not release and amount > left):
            assert response.status_code == 409
            assert document["code"] in ({"hold-exceeded"} if left else {"hold-captured", "hold-released"})
            assert document.get("remaining", 0) == left
            return
        unit = hold["held"] // hold["amount"]
        units = amount if amount and not release else left
        assert (response.status_code, document["amount"], document["hold"]) == (201, units, hold["id"])
        assert document["delta"] == (0 if release else -unit * units)
        assert document["held"] == -unit * (left if release or final else units)
        self.model.add(document)
        again = self._post(app, body, address)
        assert (again.status_code, json.loads(again.content)) == (200, document)

    @rule(
        data=st.data(),
        app=st.sampled_from(APPS),
        owner=st.sampled_from([None, 0, 1, 2]),
        fresh=st.integers(1, 4),
        old=st.integers(0, 2),
    )
    def post_batch(self, data: st.DataObject, app: str, owner: int | None, fresh: int, old: int) -> None:
        bodies = [self._body(data, app, owner) for _ in range(fresh)]
        mine = [body for of, body in self.asked if of == app]
        bodies += [data.draw(st.sampled_from(mine)) for _ in range(old if mine else 0)]
        bodies = data.draw(st.permutations(bodies))
        twice = [
            b
            for n, b in enumerate(bodies)
            if any((b["owner_id"], b["nonce"]) == (a["owner_id"], a["nonce"]) for a in bodies[:n])
        ]
        if twice:
            return
        self.asked += [(app, body) for body in bodies]
        after, faults, replayed = self._judge(app, bodies)
        tried = self._post(app, {"entries": bodies, "dry_run": True}, "batches")
        response = self._post(app, {"entries": bodies}, "batches")
        document = json.loads(response.content)
        self._foretold(json.loads(tried.content), document)
        if faults:
            assert (response.status_code, document["code"]) == (409, "batch-refused")
            assert [item["index"] for item in document["items"]] == list(faults)
            for item in document["items"]:
                assert item | faults[item["index"]] == item
            return
        assert document["replayed"] == replayed
        assert response.status_code == (200 if len(replayed) == len(bodies) else 201), document
        for body, entry in zip(bodies, document["entries"], strict=True):
            earlier = self.model.by_nonce(body)
            assert (
                entry == self.model.answer_to(earlier)
                if earlier
                else entry | after[body["owner_id"], body["nonce"]] == entry
            )
        for index, entry in enumerate(document["entries"]):
            if index not in replayed:
                self.model.add(entry)

    def _judge(
        self, app: str, bodies: list[Body]
    ) -> tuple[dict[tuple[str, str], Entry], dict[int, dict[str, Any]], list[int]]:
        """Return what a batch would make, what is at fault in it, and what are replays, each judged in its turn."""
        entries = {owner: list(entries) for owner, entries in self.model.entries.items()}
        trial = Model(entries, {}, self.model.values)
        after: dict[tuple[str, str], Entry] = {}
        faults: dict[int, dict[str, Any]] = {}
        replayed = []
        for index, body in enumerate(bodies):
            if verdict := trial.verdict(app, body):
                faults[index] = verdict
            elif trial.by_nonce(body):
                replayed.append(index)
            else:
                entry = trial.expected(app, body)
                after[body["owner_id"], body["nonce"]] = entry
                now = {"id": None, "created_on": datetime.now(UTC).isoformat()}
                trial.add(entry | now)
                if receiver := entry.get("counterparty"):
                    trial.add(entry | now | {"owner_id": receiver, "nonce": object(), "delta": -entry["delta"]})
        return after, faults, replayed

    @precondition(lambda self: self.model.every())
    @rule(data=st.data(), app=st.sampled_from(APPS))
    def read_a_balance_as_it_was(self, data: st.DataObject, app: str) -> None:
        moment = data.draw(st.sampled_from(self.model.every()))
        then = [e for e in self.model.entries[moment["owner_id"]] if e["created_on"] <= moment["created_on"]][-1]
        document = json.loads(self._get(f"{app}/ledger/{moment['owner_id']}", at=moment["created_on"]).content)
        assert (document["balance"], document["seq"]) == (then["balance_after"], then["seq"])
        own = self.model.entries[moment["owner_id"]]
        assert document["held"] == sum(entry.get("held", 0) for entry in own[: own.index(then) + 1])

    @precondition(lambda self: self.model.every())
    @rule(data=st.data(), app=st.sampled_from(APPS), limit=st.integers(1, 4))
    def read_entries(self, data: st.DataObject, app: str, limit: int) -> None:
        owner = data.draw(st.sampled_from(sorted(self.model.entries)))
        operation = data.draw(st.sampled_from([None, *SHARED, *OWN[app]]))
        query = {"limit": limit} | ({"operation": operation} if operation else {})
        address, read = f"/api/v1/{app}/ledger/{owner}/entries?{urlencode(query)}", []
        while address:
            page = json.loads(self.client.get(address).content)
            read += page["entries"]
            address = page["next"]
        mine = [e for e in self.model.entries[owner] if e["app"] == app and operation in (None, e["operation"])]
        assert read == mine[::-1]

    @precondition(lambda self: self.model.every())
    @rule(data=st.data(), app=st.sampled_from(APPS))
    def read_an_entry(self, data: st.DataObject, app: str) -> None:
        entry = data.draw(st.sampled_from(self.model.every()))
        response = self._get(f"{app}/entries/{entry['id']}")
        if entry["app"] == app:
            assert json.loads(response.content) == entry
        else:
            assert response.status_code == 404

    @invariant()
    def balances_are_the_models(self) -> None:
        for owner, entries in self.model.entries.items():
            document = json.loads(self._get(f"content/ledger/{owner}").content)
            assert document["balance"] == self.model.balance(owner) >= document["held"] == self.model.held(owner) >= 0
            assert document["seq"] == len(entries)
            assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))

    def teardown(self) -> None:
        set_price(VALUES["PURCHASE"])
        assert [fault for owner in self.model.entries for fault in verify(owner=owner)] == []


@pytest.mark.django_db(transaction=True)
def test_the_ledger_is_what_its_documents_say() -> None:
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=50,
            stateful_step_count=40,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
