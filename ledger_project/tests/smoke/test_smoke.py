"""`make smoke`: the whole stack of production, from nothing to a restored backup. One stack, in this order."""

import json
import re
import threading
import time
from base64 import b64encode
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ledger_project.tests.conftest import DASHBOARDS, queries_of, wait_for
from ledger_project.tests.crash.writers import Attempt
from ledger_project.tests.smoke.stack import REPLICAS, VERSION, Stack, failed, say

pytestmark = pytest.mark.smoke


def tell(what: str, prod: Stack, attempts: list[Attempt]) -> None:
    statuses = dict(sorted(Counter(attempt.status for attempt in attempts if not attempt.dropped).items()))
    say(f"{what}: {len(attempts):,} attempts, {len(failed(attempts))} failed, by status {statuses}")
    lines = prod.log()[-len(attempts) :]
    seconds = sorted(line["seconds"] for line in lines)
    half, most = seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100]
    for line in [line for line in lines if line["status"] >= 500][:3]:
        say(f"  {line}")
    say(f"  of requests, half took {half} s at most, 99 % {most} s, the slowest {seconds[-1]} s")


def test_requests_are_spread_over_all_replicas(prod: Stack) -> None:
    with prod.under_load("spread") as attempts:
        time.sleep(5)
    tell("spread", prod, attempts)
    assert failed(attempts) == []
    counts = Counter(line["upstream"] for line in prod.log() if line["upstream"])
    say(f"by replica: {dict(counts)}")
    assert len(counts) == REPLICAS
    assert min(counts.values()) > sum(counts.values()) / REPLICAS / 2


def test_prometheus_sees_every_target(prod: Stack) -> None:
    def health() -> Counter[tuple[str, str]]:
        targets = prod.load("PROMETHEUS_PORT", "/api/v1/targets")["data"]["activeTargets"]
        return Counter((target["labels"]["job"], target["health"]) for target in targets)

    exporters = {
        name for name in ("postgres", "nginx", "node") if f"{name}-exporter" in prod.compose("ps", "--services")
    }
    expected = Counter({("ledger", "up"): REPLICAS, **{(job, "up"): 1 for job in ("watch", "prometheus", *exporters)}})
    # An exporter whose image cannot be had here is a target all the same.
    wait_for(lambda: Counter({seen: n for seen, n in health().items() if seen[1] == "up"}) == expected, seconds=60)
    say(f"targets up: {sorted(job for job, _ in expected.elements())}")


def test_prometheus_sends_alerts_to_alertmanager(prod: Stack) -> None:
    if "alertmanager" not in prod.compose("ps", "--services"):
        pytest.skip("the image of Alertmanager cannot be had")
    wait_for(lambda: bool(prod.load("PROMETHEUS_PORT", "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]))
    assert [receiver["name"] for receiver in prod.load("ALERTMANAGER_PORT", "/api/v2/receivers")] == ["staff"]


def test_the_exporter_of_nginx_answers(prod: Stack) -> None:
    with prod.open("NGINX_EXPORTER_PORT", "/metrics") as answer:
        assert "nginx_up 1" in answer.read().decode()


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_every_query_of_a_dashboard_finds_something(prod: Stack, dashboard: Path) -> None:
    """In a stack under load, so that there are replays and refusals to be found."""
    if dashboard.stem == "postgresql" and "postgres-exporter" not in prod.compose("ps", "--services"):
        pytest.skip("the image of postgres-exporter cannot be had")
    queries = queries_of(dashboard)

    def empty() -> list[str]:
        return [query for query in queries if not results(query)]

    def results(query: str) -> list[Any]:
        found: list[Any] = prod.load("PROMETHEUS_PORT", f"/api/v1/query?query={quote(query)}")["data"]["result"]
        return [one for one in found if one["value"][1] != "NaN"]

    if empty():  # two scrapes and a rule's turn are needed
        with prod.under_load(f"dashboards-{dashboard.stem}"):
            time.sleep(40)
    assert empty() == []
    say(f"{dashboard.stem}: {len(queries)} queries, each with a result")


def test_grafana_has_the_dashboards_and_jaeger_the_traces(prod: Stack) -> None:
    services = prod.compose("ps", "--services")
    if "grafana" not in services or "jaeger" not in services:
        pytest.skip("the images of Grafana and Jaeger cannot be had")
    login = b64encode(f"admin:{prod.environment['GRAFANA_PASSWORD']}".encode()).decode()
    with prod.open("GRAFANA_PORT", "/api/search?type=dash-db", Authorization=f"Basic {login}") as answer:
        found = {dashboard["uid"] for dashboard in json.load(answer)}
    assert found >= {json.loads(path.read_text())["uid"] for path in DASHBOARDS}
    assert "shared-ledger" in prod.load("JAEGER_PORT", "/api/services")["data"]


def test_static_files_are_kept_for_years(prod: Stack) -> None:
    with prod.open("HTTP_PORT", "/api/docs") as page:
        (path, *_) = re.findall(r'"(/static/[^"]+\.js)"', page.read().decode())
    with prod.open("HTTP_PORT", path) as file:
        assert "immutable" in file.headers["Cache-Control"]
        assert int(re.findall(r"max-age=(\d+)", file.headers["Cache-Control"])[0]) > 365 * 24 * 3600


def test_the_service_runs_with_little(prod: Stack) -> None:
    """Not as root, on a file system that is read-only, and with its version on the image."""
    assert prod.compose("exec", "-T", "ledger", "id", "--user").strip() != "0"
    writing = "import pathlib; pathlib.Path('written').touch()"
    command = ["docker", "compose", "--profile", "prod", "exec", "-T", "ledger", "python", "-c", writing]
    assert "Read-only file system" in prod.attempt(*command).stderr
    label = '{{index .Config.Labels "org.opencontainers.image.version"}}'
    assert prod.run("docker", "image", "inspect", "--format", label, f"shared-ledger:{VERSION}").strip() == VERSION


def test_a_rolling_restart_fails_no_request(prod: Stack) -> None:
    before = prod.replicas()
    start = time.monotonic()
    with prod.under_load("rolling") as attempts:
        prod.run("make", "restart-prod")
    assert not set(before) & set(prod.replicas())
    assert len(prod.replicas()) == REPLICAS
    tell(f"rolling restart in {time.monotonic() - start:.0f} s", prod, attempts)
    assert failed(attempts) == []


def test_an_upgrade_that_does_not_get_ready_leaves_what_there_is(prod: Stack) -> None:
    before = prod.replicas()
    prod.build("smoke-broken")
    with prod.under_load("upgrade") as attempts:
        done = prod.attempt("make", "restart-prod", WEB_THREADS="none")
    assert "did not get ready and was removed" in done.stderr
    assert prod.replicas() == before
    assert failed(attempts) == []
    start_plainly(prod)
    assert prod.replicas() == before


def start_plainly(prod: Stack) -> None:
    """Start what there is as an operator who has never heard of make."""
    prod.compose("up", "--detach", "--wait", *prod.compose("ps", "--services").split())


def test_one_version_runs_whatever_starts_it(prod: Stack) -> None:
    prod.build("smoke-2")
    prod.build("smoke-2")  # the first one keeps no place on the disk
    prod.run("make", "restart-prod", VERSION="smoke-of-the-shell")
    assert prod.versions() == {"smoke-2"}
    prod.run("make", "rollback", f"version={VERSION}")
    assert prod.versions() == {VERSION}
    before = prod.replicas()
    start_plainly(prod)
    assert prod.replicas() == before
    refused = prod.attempt("make", "rollback", "version=smoke-3").stderr
    assert "There is no image shared-ledger:smoke-3" in refused
    assert f"\n{VERSION}\n" in refused
    ours = "label=org.opencontainers.image.title=Shared Ledger"
    assert prod.run("docker", "image", "ls", "--quiet", "--filter", "dangling=true", "--filter", ours) == ""


def test_a_replica_that_is_killed_fails_no_request(prod: Stack) -> None:
    with prod.under_load("killed") as attempts:
        for replica in prod.replicas()[:2]:
            prod.run("docker", "kill", "--signal", "KILL", replica)
            time.sleep(3)
            prod.run("docker", "start", replica)
            time.sleep(8)
    tell("two replicas killed", prod, attempts)
    assert failed(attempts) == []
    assert [line for line in prod.log() if "," in line["upstream"]]  # or no request was under way, and nothing is shown


def test_without_postgresql_requests_are_told_to_retry_and_then_it_goes_on(prod: Stack) -> None:
    answers: list[tuple[int, str | None, float]] = []
    asked_to_end = threading.Event()

    def probe() -> None:
        while not asked_to_end.wait(0.1):
            start = time.monotonic()
            connection = HTTPConnection("127.0.0.1", int(prod.environment["HTTP_PORT"]), timeout=60)
            connection.request("GET", "/api/v1/content/ledger/hot", headers={"Authorization": f"Bearer {prod.key}"})
            response = connection.getresponse()
            response.read()
            answers.append((response.status, response.headers["Retry-After"], time.monotonic() - start))
            connection.close()

    thread = threading.Thread(target=probe, daemon=True)  # ends also if the test fails
    with prod.under_load("postgres") as attempts:
        thread.start()
        prod.compose("stop", "postgres")
        time.sleep(10)
        prod.compose("start", "postgres")
        start = time.monotonic()
        wait_for(lambda: answers[-1][0] == 200, seconds=60)
        say(f"it goes on {time.monotonic() - start:.1f} s after PostgreSQL was started")
    asked_to_end.set()
    thread.join()
    tell("PostgreSQL away", prod, attempts)
    assert {attempt.status for attempt in failed(attempts)} <= {503}
    refused = [(retry_after, seconds) for status, retry_after, seconds in answers if status == 503]
    assert {status for status, *_ in answers} == {200, 503}
    assert {retry_after for retry_after, _ in refused} == {"1"}
    say(f"{len(refused)} probes were told 503, the slowest after {max(seconds for _, seconds in refused):.1f} s")
    assert max(seconds for _, seconds in refused) < 12
