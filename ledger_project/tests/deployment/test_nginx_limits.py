"""nginx's rate limits are the service's: one pair of settings for both."""

import re
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from ledger_core.access.rate_limits.rates import Rate
from ledger_project.tests.conftest import Project, Service
from ledger_project.tests.deployment import test_nginx
from ledger_project.tests.deployment.test_nginx import assert_valid, running, write_configuration, write_limits

pytestmark = test_nginx.pytestmark


@pytest.fixture(scope="module")
def service(project: Project) -> Iterator[Service]:
    with project.serve(LEDGER_PROXIES="1") as running_service:
        yield running_service


@pytest.mark.parametrize("many", ["keys", "addresses"])
def test_who_asks_too_fast_is_told_to_wait(service: Service, many: str) -> None:
    """nginx counts for all replicas: one key from many addresses, and one address with many keys."""
    limits = {"LEDGER_RATE_LIMIT": "2/h", "LEDGER_ADDRESS_RATE_LIMIT": "2/h"}
    with running(f"server 127.0.0.1:{service.port};", **limits) as nginx:

        def ask(n: int) -> HTTPResponse:
            key, address = (n, 1) if many == "keys" else (1, n)
            scheme = ("Bearer ", "bearer  ")[n % 2]  # another spelling is no other key
            headers = {"Authorization": f"{scheme}ledger_{key:08x}_{0:064x}", "X-Forwarded-For": f"203.0.113.{address}"}
            return nginx.ask("GET", "/api/v1/content/operations", headers=headers)[0]

        responses = [ask(n) for n in range(8)]
        assert [response.status for response in responses] == [401] * 5 + [429] * 3
        assert responses[-1].headers["Retry-After"] == "1"


def test_a_limit_that_is_off_is_off_in_nginx(service: Service) -> None:
    limits = {"LEDGER_RATE_LIMIT": "off", "LEDGER_ADDRESS_RATE_LIMIT": "off"}
    with running(f"server 127.0.0.1:{service.port};", **limits) as nginx:
        assert (nginx.folder / "limits.conf").read_text() == ""
        assert {nginx.ask("GET", "/api/v1/content/operations")[0].status for _ in range(20)} == {401}


@pytest.mark.parametrize("text", ["1000/s", "1/s", "500/m", "100/h", "1/h", "50/d", "100000/d", "999999999/s"])
def test_nginx_is_never_stricter_than_the_service(folder: Path, text: str) -> None:
    """Two windows of the service may follow each other at once, and one after the other for ever."""
    rate = Rate.parse(text)
    assert rate
    write_configuration(folder, "server 127.0.0.1:8000;", LEDGER_RATE_LIMIT=text, LEDGER_ADDRESS_RATE_LIMIT="off")
    ((number, unit),) = re.findall(r"zone=keys:10m rate=(\d+)r/([sm]);", (folder / "limit_zones.conf").read_text())
    (burst,) = re.findall(r"zone=keys burst=(\d+) nodelay;", (folder / "limits.conf").read_text())
    allowed = int(number) / {"s": 1, "m": 60}[unit]
    assert rate.requests / rate.seconds <= allowed <= rate.requests / rate.seconds + 1 / 60
    assert int(burst) >= 2 * rate.requests
    assert_valid(folder)


@pytest.mark.parametrize(
    "text", ["fast", "0/s", "1000", "1000/w", "/s", "-1/s", "1.5/s", "9999999999/s", "1/s;", "OFF"]
)
def test_nginx_does_not_start_with_a_rate_that_the_service_rejects(folder: Path, text: str) -> None:
    with pytest.raises(ValueError, match="A rate is written like 1000/s"):
        Rate.parse(text)
    write_configuration(folder, "server 127.0.0.1:8000;")
    done = write_limits(folder, LEDGER_RATE_LIMIT=text)
    assert done.returncode == 1
    assert done.stderr.startswith("LEDGER_RATE_LIMIT: A rate is written like 1000/s")
    assert len(done.stderr.splitlines()) == 1
