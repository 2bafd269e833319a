"""Rate limits of clients and addresses: all processes count together, and a failing counter rejects nothing."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from ledger_core.access import clients
from ledger_core.access.rate_limits import counting
from ledger_core.access.rate_limits.in_memory import SharedCounters
from ledger_core.access.rate_limits.in_redis import RedisCounters
from ledger_core.access.rate_limits.rates import Rate
from ledger_core.access.throttling import address_of
from ledger_core.models import Entry
from ledger_core.operations import Scope
from ledger_core.tests.conftest import Post, problem_of
from ledger_core.tests.factories import post_body

TWO_AN_HOUR = Rate(2, 3600)
# Python warns about fork since 3.12. The children here use no lock that another thread may hold.
forks = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
FAR = 2**40  # the end of a window that does not end during a test


@pytest.fixture(autouse=True)
def _nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_COUNTERS", SharedCounters())


@pytest.mark.parametrize(
    ("text", "rate"), [("1000/s", (1000, 1)), ("5/m", (5, 60)), ("7/h", (7, 3600)), ("1/d", (1, 86_400)), ("off", None)]
)
def test_a_rate_is_written_like_this(text: str, rate: tuple[int, int] | None) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text", ["", "0/s", "-1/s", "1.5/s", "10", "10/", "10/second", "10/w", "s/10", "1e3/s", "9999999999/s"]
)
def test_other_writings_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"like 1000/s, with s, m, h or d, or off: not {text!r}")):
        Rate.parse(text)


# Limits of clients


@pytest.mark.django_db
def test_a_client_is_told_what_is_left_and_then_refused(post_json: Post, settings: Settings) -> None:
    settings.RATE_LIMIT = TWO_AN_HOUR
    left = []
    for _ in range(2):
        response = post_json(post_body())
        assert response.status_code == 201
        assert response["RateLimit-Policy"] == '"client";q=2;w=3600'
        left += re.findall(r'^"client";r=(\d);t=\d+$', response["RateLimit"])
    assert left == ["1", "0"]

    response = post_json(post_body())
    problem = problem_of(response)
    assert (response.status_code, problem["code"]) == (429, "too-many-requests")
    assert problem["detail"] == "This client is limited to 2 requests in 3600 s."
    assert 1 <= int(response["Retry-After"]) <= 3600
    assert response["RateLimit"] == f'"client";r=0;t={response["Retry-After"]}'
    assert Entry.objects.count() == 2


@pytest.mark.django_db
def test_refusals_count_and_other_clients_do_not(api: Client, post_json: Post, settings: Settings) -> None:
    settings.RATE_LIMIT = TWO_AN_HOUR
    assert post_json({}).status_code == 400
    assert api.get("/api/v1/content/ledger/nobody").status_code == 404
    assert api.get("/api/v1/ecommerce/operations").status_code == 429
    key = clients.create("other", ["content"], [Scope.READ])
    other = {"Authorization": f"Bearer {key}"}
    assert Client().get("/api/v1/content/operations", headers=other).status_code == 200


@pytest.mark.django_db
def test_after_its_seconds_there_is_a_new_window(post_json: Post, settings: Settings) -> None:
    settings.RATE_LIMIT = Rate(1, 1)
    refused = next(response for _ in range(100) if (response := post_json(post_body())).status_code == 429)
    time.sleep(int(refused["Retry-After"]))
    assert post_json(post_body()).status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json", "/metrics", "/admin/login/"])
def test_pages_that_need_no_key_have_no_client_to_count(client: Client, settings: Settings, path: str) -> None:
    settings.RATE_LIMIT = TWO_AN_HOUR
    assert [client.get(path).status_code for _ in range(3)] == [200] * 3


# Limits of addresses


def statuses(settings: Settings, *requests: dict[str, str]) -> list[int]:
    settings.ADDRESS_RATE_LIMIT = TWO_AN_HOUR
    return [Client(**environ).get("/api/v1/content/ledger/alice").status_code for environ in requests]  # type: ignore[arg-type]


@pytest.mark.django_db
def test_an_address_is_refused_before_its_key_is_looked_at(settings: Settings) -> None:
    wrong = {"HTTP_AUTHORIZATION": "Bearer guess"}
    assert statuses(settings, wrong, wrong, wrong, {"REMOTE_ADDR": "10.0.0.2"}) == [401, 401, 429, 401]


def test_the_refusal_of_an_address_is_a_problem_document_too(settings: Settings) -> None:
    settings.ADDRESS_RATE_LIMIT = Rate(1, 3600)
    first, second = Client().get("/nowhere"), Client().get("/nowhere")
    assert first.status_code == 404
    assert problem_of(second)["detail"] == "This address is limited to 1 requests in 3600 s."
    assert second["Retry-After"]


def test_an_ipv6_address_stands_for_its_network(settings: Settings) -> None:
    addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3", "2001:db8:0:1::1"]
    assert statuses(settings, *({"REMOTE_ADDR": address} for address in addresses)) == [401, 401, 429, 401]


def test_ipv4_addresses_are_apart_on_a_socket_for_both_kinds(settings: Settings) -> None:
    addresses = ["::ffff:10.0.0.1", "10.0.0.1", "::ffff:10.0.0.1", "::ffff:10.0.0.2"]
    assert statuses(settings, *({"REMOTE_ADDR": address} for address in addresses)) == [401, 401, 429, 401]


def test_behind_a_proxy_it_is_the_address_that_the_proxy_saw(settings: Settings) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    forged = [f"1.2.3.{number}, 10.0.0.1" for number in range(3)]
    asked = [{"HTTP_X_FORWARDED_FOR": forwarded} for forwarded in [*forged, "10.0.0.1, 10.0.0.2"]]
    assert statuses(settings, *asked) == [401, 401, 429, 401]


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7:5", "203.0.113.7"),
        (" 203.0.113.7:65535 ", "203.0.113.7"),
        ("[2001:db8::7]:5", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:5", "203.0.113.7"),
        ("fe80::7%eth0", "fe80::7"),
        ("198.51.100.1, 203.0.113.7:5", "203.0.113.7"),
        ("203.0.113.7,", "203.0.113.7"),
        ("203.0.113.7, ,", "203.0.113.7"),
        *[(garbage, "127.0.0.1") for garbage in ("", ",", "unknown", "_hidden", "203.0.113", ":5", "[", "[]", "[x]:5")],
    ],
)
def test_an_address_is_read_however_a_proxy_writes_it(settings: Settings, forwarded: str, address: str) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    assert address_of(RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})) == address


def test_clients_whose_proxy_tells_their_ports_are_counted_apart(settings: Settings) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    told = ["203.0.113.7:1", "203.0.113.7:2", "203.0.113.7:3", "203.0.113.8:1", "[2001:db8::7]:1"]
    asked = [{"HTTP_X_FORWARDED_FOR": forwarded} for forwarded in told]
    assert statuses(settings, *asked) == [401, 401, 429, 401, 401]


def test_without_a_proxy_nobody_chooses_an_address(settings: Settings) -> None:
    asked = [{"HTTP_X_FORWARDED_FOR": f"1.2.3.{number}"} for number in range(3)]
    assert statuses(settings, *asked) == [401, 401, 429]


# Counters


def test_names_and_windows_are_counted_apart() -> None:
    counters = SharedCounters()
    assert [counters.count("a", FAR) for _ in range(3)] == [1, 2, 3]
    assert counters.count("b", FAR) == 1
    assert counters.count("a", FAR + 1) == 1
    assert counters.count("a", FAR + 1) == 2


@forks
def test_processes_and_their_threads_lose_no_count() -> None:
    counters = SharedCounters()
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda _: counters.count("hot", FAR), range(2000)))
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert counters.count("hot", FAR) == 3 * 2000 + 1


@forks
def test_processes_that_follow_killed_ones_go_on_with_their_counts() -> None:
    counters = SharedCounters()
    counted, told = os.pipe()
    for number in range(20):  # more than there are columns
        child = os.fork()
        if child == 0:
            os.write(told, bytes([counters.count("hot", FAR)]))
            signal.pause()
        assert os.read(counted, 1) == bytes([number + 1])
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@forks
def test_more_processes_than_columns_share_the_last_one() -> None:
    counters = SharedCounters()
    counted, told = os.pipe()
    children = []
    for _ in range(20):
        children.append(os.fork())
        if children[-1] == 0:
            os.write(told, bytes([counters.count("hot", FAR)]))
            signal.pause()
        os.read(counted, 1)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert counters.count("hot", FAR) == 21


def test_a_full_table_forgets_what_is_oldest_and_goes_on() -> None:
    counters = SharedCounters()
    for number in range(2**14):
        counters.count(f"address {number}", FAR)
    for _ in range(3):
        counters.count("client", FAR + 1)
    for number in range(2**14):
        counters.count(f"address {number} again", FAR)
    assert counters.count("client", FAR + 1) == 4


# In Redis


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    path = tmp_path / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            _wait_until_it_listens(path)
            yield f"unix://{path}"
        finally:
            server.kill()


def _wait_until_it_listens(path: Path) -> None:
    for _ in range(1000):
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:  # the file is there before
                return
        time.sleep(0.01)
    raise AssertionError("Redis does not listen.")


def test_replicas_count_together_in_redis(redis_url: str) -> None:
    replicas = [RedisCounters(redis_url, meanwhile=SharedCounters()) for _ in range(2)]
    assert [replicas[number % 2].count_in("client blog", 60)[0] for number in range(4)] == [1, 2, 3, 4]


@pytest.mark.parametrize("rate", [Rate(10, 10), Rate(10, 3600)], ids=str)
def test_the_clocks_of_replicas_make_no_difference_in_redis(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, rate: Rate
) -> None:
    monkeypatch.setattr(counting, "_COUNTERS", RedisCounters(redis_url, meanwhile=SharedCounters()))
    clock = time.time
    windows = []
    for behind in (
        0,
        1.5,
        -1.5,
        20,
        -20,
        86_400,
        -86_400,
        2**30,
    ):  # how many seconds a replica's clock is behind Redis's
        monkeypatch.setattr(time, "time", lambda behind=behind: clock() - behind)
        windows.append(counting.count_request("client", rate, "blog"))
    assert [window.used for window in windows] == list(range(1, len(windows) + 1))
    assert all(0 < window.seconds_left <= rate.seconds for window in windows)


def test_after_its_seconds_there_is_a_new_window_in_redis(redis_url: str) -> None:
    counters = RedisCounters(redis_url, meanwhile=SharedCounters())
    used, seconds_left = counters.count_in("client blog", 1)
    time.sleep(seconds_left + 0.1)
    assert (used, counters.count_in("client blog", 1)[0]) == (1, 1)


def test_what_it_counts_goes_away_with_its_window(redis_url: str) -> None:
    counters = RedisCounters(redis_url, meanwhile=SharedCounters())
    redis: Any = counters._redis
    for _ in range(2):
        counters.count_in("client blog", 60)
        assert redis.keys() == [b"ledger:client blog"]
        assert 30 < redis.ttl("ledger:client blog") <= 60
    redis.persist("ledger:client blog")  # a key without an expiry gets one
    counters.count_in("client blog", 60)
    assert 30 < redis.ttl("ledger:client blog") <= 60


def test_without_redis_requests_go_on_and_the_replica_counts(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as silent:  # accepts connections and never responds, like a server that hangs
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"redis://:s3cret@127.0.0.1:{silent.getsockname()[1]}"
        counters = RedisCounters(url, meanwhile=SharedCounters())
        start = time.monotonic()
        assert [counters.count_in("client blog", FAR)[0] for _ in range(100)] == list(range(1, 101))
        assert time.monotonic() - start < 2  # it waited once, not a hundred times
    assert len(caplog.records) == 1
    assert "s3cret" not in caplog.text


@pytest.mark.django_db
def test_the_openapi_documents_tell_of_it(client: Client) -> None:
    schema = json.loads(client.get("/api/openapi.json").content)
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert "RateLimit" in operation["responses"]["200"]["headers"]
            assert "429" in operation["responses"]
