"""The contestants of `make bench`: each posts an entry and returns a balance, as the service does."""

import json
from urllib.request import Request, urlopen

import pytest

from ledger_project.benchmarks.over_http import CONTESTANTS
from ledger_project.benchmarks.stack import make_ledger, postgres, served

pytestmark = pytest.mark.acceptance

ASKED = {
    "operation": "CREDIT_ADD",
    "owner_id": "alice",
    "amount": 2,
    "reference": "order-1",
    "metadata": {"campaign": "autumn"},
}


def test_each_contestant_posts_and_reads() -> None:
    with postgres() as url:
        ledger = make_ledger(url, "benchmark")
        headers = {"Authorization": f"Bearer {ledger.key}", "Content-Type": "application/json"}
        with served(ledger, **CONTESTANTS) as servers:
            for number, (name, server) in enumerate(servers.items(), start=1):
                address = f"{server.url}/api/v1/content/ledger"
                body = json.dumps(ASKED | {"nonce": name}).encode()
                with urlopen(Request(address, body, headers)) as posted:
                    assert (posted.status, json.load(posted)["reference"]) == (201, "order-1")
                with urlopen(Request(f"{address}/alice", headers=headers)) as read:
                    assert json.load(read)["balance"] == 20 * number
