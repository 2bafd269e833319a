"""The files of the deployment, as far as they can be checked without running them. `make smoke` runs them."""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml

from ledger_core.management.commands import watchledger
from ledger_project.tests.conftest import DASHBOARDS, ROOT, queries_of

PROMETHEUS = ROOT / "deploy" / "prometheus"
promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def rules(file: str) -> list[dict[str, Any]]:
    return [rule for group in load(PROMETHEUS / file)["groups"] for rule in group["rules"]]


COMPOSE_FILES = [ROOT / "docker-compose.yml", ROOT / "deploy" / "archive.yml", ROOT / "deploy" / "alerting.yml"]
ALERTS = [rule["alert"] for rule in rules("alerts.yml")]


@promtool
@pytest.mark.parametrize("command", ["check config prometheus.yml", "test rules alerts.test.yml"])
def test_promtool_finds_no_fault(command: str) -> None:
    done = subprocess.run(["promtool", *command.split()], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_is_seen_to_fire_and_not_to_fire(alert: str) -> None:
    tests = [case for test in load(PROMETHEUS / "alerts.test.yml")["tests"] for case in test["alert_rule_test"]]
    assert {bool(case.get("exp_alerts")) for case in tests if case["alertname"] == alert} == {True, False}


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_is_told_what_to_do_about(alert: str) -> None:
    assert f"### {alert}\n" in (ROOT / "deploy" / "README.md").read_text()


def test_dashboards_and_rules_ask_for_metrics_that_there_are() -> None:
    asked = [query for dashboard in DASHBOARDS for query in queries_of(dashboard)]
    asked += [rule["expr"] for rule in [*rules("recording.yml"), *rules("alerts.yml")]]
    ours = {*prometheus_client.REGISTRY._names_to_collectors, *watchledger.REGISTRY._names_to_collectors}
    recorded = {rule["record"] for rule in rules("recording.yml")}
    for query in asked:
        assert set(re.findall(r"[a-z_]+:[a-z0-9_:]+", query)) <= recorded
        assert set(re.findall(r"(?<![:\w])ledger_\w+(?![:\w])", query)) <= ours


def test_only_nginx_is_open_to_the_world_and_no_secret_has_a_default() -> None:
    compose = load(ROOT / "docker-compose.yml")
    ports = [(name, port) for name, service in compose["services"].items() for port in service.get("ports", [])]
    assert [name for name, port in ports if not port.startswith("127.0.0.1:")] == ["nginx"]
    assert "ports" not in compose["services"]["postgres"]
    secrets = re.findall(r"\$\{(SECRET_KEY|\w+_PASSWORD)(.*?)\}", (ROOT / "docker-compose.yml").read_text())
    assert {default for _, default in secrets} == {":?make .env"}
    assert "<random>" in (ROOT / "deploy" / "env.example").read_text()


@pytest.mark.parametrize("file", COMPOSE_FILES, ids=lambda file: file.name)
def test_no_mapping_of_a_compose_file_has_a_key_twice(file: Path) -> None:
    """Docker Compose rejects such a file, but check-jsonschema, which `make lint` runs, accepts it."""
    assert list(keys_that_come_twice(yaml.compose(file.read_text()))) == []


def test_a_key_that_comes_twice_is_found() -> None:
    document = yaml.compose("services:\n  nginx: {image: nginx, ports: []}\n  redis: [{image: a, image: b}]\n")
    assert list(keys_that_come_twice(document)) == ["image"]


def keys_that_come_twice(node: yaml.Node | None) -> Iterator[str]:
    """Yield each key that one mapping of a YAML document has more than once."""
    if isinstance(node, yaml.MappingNode):
        yield from (key for key, count in Counter(key.value for key, _ in node.value).items() if count > 1)
    for child in node.value if isinstance(node, yaml.CollectionNode) else ():
        for part in child if isinstance(child, tuple) else (child,):
            yield from keys_that_come_twice(part)


@pytest.mark.parametrize(("archived", "status"), [(None, 0), ("log", 0), ("another", 1)])
def test_the_archive_takes_a_file_again_but_never_another_of_its_name(
    folder: Path, archived: str | None, status: int
) -> None:
    """After a crash PostgreSQL hands over again what the archive has already; an error would stop it for good."""
    *_, setting = load(ROOT / "deploy" / "archive.yml")["services"]["postgres"]["command"]
    (folder / "log").write_text("log")
    if archived:
        (folder / "000000010000000000000001").write_text(archived)
    command = setting.removeprefix("archive_command=").replace("/archive", str(folder))
    command = command.replace("%p", str(folder / "log")).replace("%f", "000000010000000000000001")
    assert subprocess.run(["sh", "-c", command], check=False).returncode == status
    assert (folder / "000000010000000000000001").read_text() == (archived or "log")


def test_one_image_of_the_service_is_built_and_only_env_says_which_one_runs() -> None:
    services = load(ROOT / "docker-compose.yml")["services"]
    ours = {name: service for name, service in services.items() if service["image"].startswith("shared-ledger:")}
    assert set(ours) == {"image", "migrate", "dev", "ledger", "watch"}
    assert [name for name, service in ours.items() if "build" in service] == ["image"]
    assert {service["image"] for service in ours.values()} == {"shared-ledger:${VERSION:?make build-prod}"}


def use_version(folder: Path, version: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COMPOSE_ENV_FILES": str(folder / ".env")}
    command = [str(ROOT / "deploy" / "use-version"), version]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.smoke
def test_a_version_without_an_image_is_not_used(folder: Path) -> None:
    (folder / ".env").write_text("VERSION=v1\n")
    done = use_version(folder, "v0.0.0-nowhere")
    assert done.returncode == 1
    assert "There is no image shared-ledger:v0.0.0-nowhere" in done.stderr
    assert (folder / ".env").read_text() == "VERSION=v1\n"


def test_every_script_can_be_executed() -> None:
    files = [file for folder in ("deploy", "nginx") for file in (ROOT / folder).iterdir() if file.is_file()]
    scripts = {file.name: file for file in files if file.read_text().startswith("#!")}
    assert {"use-version", "rolling-restart", "limits.sh"} <= scripts.keys()
    assert [name for name, file in scripts.items() if not os.access(file, os.X_OK)] == []
