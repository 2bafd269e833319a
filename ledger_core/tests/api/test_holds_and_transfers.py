"""Holds and transfers over HTTP: addresses, statuses, headers and documents."""

import json
from typing import Any

import pytest
from django.test import Client

from ledger_core.models import Entry
from ledger_core.tests.conftest import problem_of

pytestmark = pytest.mark.django_db

LEDGER, HOLDS = "/api/v1/content/ledger", "/api/v1/content/holds"


@pytest.fixture(autouse=True)
def _alice_has_credits(api: Client) -> None:
    send(api, LEDGER, operation="CREDIT_ADD", owner_id="alice", nonce="first", amount=3)


def send(api: Client, address: str, headers: Any = None, **body: Any) -> Any:
    return api.post(address, json.dumps(body), content_type="application/json", headers=headers)


def hold(api: Client, nonce: str = "hold", **fields: Any) -> dict[str, Any]:
    asked = {"operation": "CONTENT_CREATION", "owner_id": "alice", "nonce": nonce, "amount": 4} | fields
    document: dict[str, Any] = json.loads(send(api, HOLDS, **asked).content)
    return document


def test_a_hold_is_made_read_captured_and_counted(api: Client) -> None:
    asked = {
        "operation": "CONTENT_CREATION",
        "owner_id": "alice",
        "amount": 4,
        "expires_in": 600,
        "reference": "post 1",
    }
    response = send(api, HOLDS, {"Idempotency-Key": '"hold"'}, **asked)
    made = json.loads(response.content)
    assert (response.status_code, response["Location"]) == (201, f"{HOLDS}/{made['id']}")
    assert made.items() >= {"captured": 0, "remaining": 4, "held": 20, "state": "open", "reference": "post 1"}.items()
    assert json.loads(api.get(response["Location"]).content) == made

    again = send(api, HOLDS, nonce="hold", **asked)
    assert (again.status_code, again["Idempotency-Replayed"], json.loads(again.content)) == (200, "true", made)
    balance = json.loads(api.get(f"{LEDGER}/alice").content)
    assert (balance["balance"], balance["held"], balance["available"]) == (30, 20, 10)
    then = json.loads(api.get(f"{LEDGER}/alice?at={made['created_on']}").content)
    assert (then["balance"], then["held"], then["available"]) == (30, 20, 10)

    response = send(api, f"{HOLDS}/{made['id']}/capture", nonce="part", amount=1, final=False)
    part = json.loads(response.content)
    assert (response.status_code, response["Location"]) == (201, f"/api/v1/content/entries/{part['id']}")
    assert (part["delta"], part["held"], part["hold"], part["reference"]) == (-5, -5, made["id"], "post 1")
    assert part["expires_on"] == made["expires_on"]
    assert json.loads(api.get(response["Location"]).content) == part
    assert send(api, f"{HOLDS}/{made['id']}/capture", nonce="part", amount=1, final=False).status_code == 200

    last = json.loads(send(api, f"{HOLDS}/{made['id']}/capture", {"Idempotency-Key": "rest"}).content)
    assert (last["amount"], last["delta"], last["held"], "expires_on" in last) == (3, -15, -15, False)
    ended = json.loads(api.get(f"{HOLDS}/{made['id']}").content)
    assert ended == made | {"captured": 4, "remaining": 0, "held": 0, "state": "captured"}


def test_a_release_is_an_entry_without_a_delta(api: Client) -> None:
    made = hold(api)
    response = send(api, f"{HOLDS}/{made['id']}/release", nonce="release")
    entry = json.loads(response.content)
    assert (response.status_code, entry["operation"], entry["delta"], entry["held"]) == (201, "HOLD_RELEASE", 0, -20)
    assert json.loads(api.get(f"{HOLDS}/{made['id']}").content)["state"] == "released"
    listed = json.loads(api.get("/api/v1/content/entries?operation=HOLD_RELEASE").content)["entries"]
    assert listed == [entry]


def test_rejections_say_what_is_left_or_what_ended_the_hold(api: Client) -> None:
    made = hold(api)
    capture, release = (f"{HOLDS}/{made['id']}/{end}" for end in ("capture", "release"))
    problem = problem_of(send(api, capture, nonce="1", amount=5))
    assert (problem["status"], problem["code"], problem["remaining"]) == (409, "hold-exceeded", 4)
    send(api, capture, nonce="2", amount=1)
    for address in (capture, release):
        assert problem_of(send(api, address, nonce="3"))["code"] == "hold-captured"
    other = hold(api, "other", amount=1)
    send(api, f"{HOLDS}/{other['id']}/release", nonce="4")
    assert problem_of(send(api, f"{HOLDS}/{other['id']}/capture", nonce="5"))["code"] == "hold-released"
    for address in (f"{HOLDS}/99999/capture", f"/api/v1/ecommerce/holds/{made['id']}/capture"):
        problem = problem_of(send(api, address, nonce="6"))
        assert (problem["status"], problem["code"]) == (404, "hold-not-found")
    assert problem_of(api.get(f"/api/v1/ecommerce/holds/{made['id']}"))["code"] == "hold-not-found"
    problem = problem_of(send(api, HOLDS, operation="CONTENT_CREATION", owner_id="alice", nonce="7", amount=9))
    assert (problem["status"], problem["code"], problem["available"]) == (402, "insufficient-balance", 25)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": 2592001}, "expires_in"),
        ({"operation": "CREDIT_ADD"}, "operation"),
        ({"operation": "DAILY_REWARD"}, "operation"),
        ({"operation": "TIP"}, "operation"),
        ({"reverses": 1}, "reverses"),
        ({"to_owner_id": "bob"}, "to_owner_id"),
        ({"final": True}, "final"),
        ({"amount": 0}, "amount"),
    ],
)
def test_a_bad_request_for_a_hold_names_its_field(api: Client, fields: dict[str, Any], field: str) -> None:
    body = {"operation": "CONTENT_CREATION", "owner_id": "alice", "nonce": "1"} | fields
    problem = problem_of(send(api, HOLDS, **body))
    assert (problem["status"], field in json.dumps(problem)) == (400, True), problem
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("body", [{"dry_run": True}, {"amount": 0}, {"final": 1}, {"operation": "TIP"}, {"hold": 1}])
def test_a_bad_capture_takes_nothing(api: Client, body: dict[str, Any]) -> None:
    made = hold(api)
    assert problem_of(send(api, f"{HOLDS}/{made['id']}/capture", nonce="1", **body))["status"] == 400
    assert json.loads(api.get(f"{HOLDS}/{made['id']}").content) == made


def test_a_dry_run_tells_of_the_hold_and_makes_none(api: Client) -> None:
    body = {"operation": "CONTENT_CREATION", "owner_id": "alice", "nonce": "hold", "amount": 4}
    response = send(api, HOLDS, **body, dry_run=True)
    tried = json.loads(response.content)
    assert (response.status_code, tried.pop("dry_run"), "id" in tried) == (200, True, False)
    assert Entry.objects.count() == 1
    made = hold(api)
    moments = {"created_on", "expires_on"}
    assert {name: value for name, value in tried.items() if name not in moments} == {
        name: value for name, value in made.items() if name not in moments | {"id"}
    }
    tried = json.loads(send(api, HOLDS, **body, dry_run=True).content)
    assert tried == made  # of a nonce that was used, the hold


def test_open_holds_are_listed_in_pages(api: Client) -> None:
    made = [hold(api, f"hold {n}", amount=1) for n in range(3)]
    send(api, f"{HOLDS}/{made[1]['id']}/release", nonce="1")
    first = api.get(f"{LEDGER}/alice/holds?limit=1")
    document = json.loads(first.content)
    assert [found["id"] for found in document["holds"]] == [made[2]["id"]]
    assert first["Link"] == f'<{document["next"]}>; rel="next"'
    document = json.loads(api.get(document["next"]).content)
    assert ([found["id"] for found in document["holds"]], document["next"]) == ([made[0]["id"]], None)
    assert json.loads(api.get(f"{LEDGER}/nobody/holds").content) == {"holds": [], "next": None}
    assert json.loads(api.get("/api/v1/ecommerce/ledger/alice/holds").content)["holds"] == []


def test_a_transfer_shows_both_sides(api: Client) -> None:
    body = {"operation": "TIP", "owner_id": "alice", "to_owner_id": "bob", "nonce": "tip", "amount": 7}
    tried = json.loads(send(api, LEDGER, **body, dry_run=True).content)
    response = send(api, LEDGER, **body)
    entry = json.loads(response.content)
    other = entry["other_side"]
    assert response.status_code == 201
    assert (entry["delta"], entry["counterparty"], entry["transfer"]) == (-7, "bob", other["id"])
    assert (other["delta"], other["counterparty"], other["transfer"]) == (7, "alice", entry["id"])
    assert (tried["other_side"]["delta"], tried["other_side"]["balance_after"]) == (7, 7)
    again = send(api, LEDGER, **body)
    assert (again.status_code, json.loads(again.content)) == (200, entry)
    del entry["other_side"]
    assert json.loads(api.get(response["Location"]).content) == entry
    assert json.loads(api.get(f"{LEDGER}/bob/entries").content)["entries"] == [other]
    assert json.loads(api.get("/api/v1/ecommerce/ledger/bob/entries?scope=all").content)["entries"] == [other]


@pytest.mark.parametrize("to", [None, "alice", "a/b", ""])
def test_a_transfer_names_another_owner(api: Client, to: str | None) -> None:
    body = {"operation": "TIP", "owner_id": "alice", "nonce": "tip"} | ({"to_owner_id": to} if to is not None else {})
    problem = problem_of(send(api, LEDGER, **body))
    assert (problem["code"], problem["errors"][0]["field"]) == ("invalid-request", "to_owner_id")
    problem = problem_of(send(api, LEDGER, operation="CREDIT_ADD", owner_id="alice", nonce="1", to_owner_id="bob"))
    assert problem["errors"][0]["field"] == "to_owner_id"


def test_a_batch_has_the_other_side_of_each_transfer(api: Client) -> None:
    items = [
        {"operation": "TIP", "owner_id": "alice", "to_owner_id": "bob", "nonce": "1"},
        {"operation": "CREDIT_SPEND", "owner_id": "bob", "nonce": "2"},
    ]
    tried = json.loads(send(api, "/api/v1/content/batches", entries=items, dry_run=True).content)
    document = json.loads(send(api, "/api/v1/content/batches", entries=items).content)
    for entries in (tried["entries"], document["entries"]):
        assert ["other_side" in entry for entry in entries] == [True, False]
        assert entries[0]["other_side"]["balance_after"] == 1
    again = json.loads(send(api, "/api/v1/content/batches", entries=items).content)
    assert (again["replayed"], again["entries"]) == ([0, 1], document["entries"])
