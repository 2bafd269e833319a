"""The stack of production in Docker, under a name, secrets and ports of its own, thrown away in the end."""

import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from ledger_project.tests.conftest import ROOT, free_port
from ledger_project.tests.crash.checker import BOOKS, Row, shown, violations
from ledger_project.tests.crash.writers import Attempt, Outcome, read_records, writing

REPLICAS = 3
VERSION = "smoke-1"
MAY = ["--app=content", "--app=ecommerce", "--scope=read", "--scope=post", "--scope=mint"]


@dataclass
class Stack:
    folder: Path
    environment: dict[str, str]
    attempts: list[Attempt] = field(default_factory=list)
    key: str = ""

    def run(self, *command: str, **changes: str) -> str:
        """Run a command of the deployment in the project, and return what it printed."""
        done = self.attempt(*command, **changes)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def attempt(self, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run a command that may fail."""
        return subprocess.run(
            command, cwd=ROOT, env=self.environment | changes, capture_output=True, text=True, check=False
        )

    def compose(self, *arguments: str, profile: str = "prod") -> str:
        return self.run("docker", "compose", "--profile", profile, *arguments)

    def manage(self, *arguments: str) -> str:
        """Run a command of the service's, in a replica."""
        return self.compose("exec", "-T", "ledger", "python", "manage.py", *arguments)

    def open(self, port: str, path: str, **headers: str) -> Any:
        return urlopen(Request(f"http://localhost:{self.environment[port]}{path}", headers=headers), timeout=30)

    def load(self, port: str, path: str) -> Any:
        with self.open(port, path) as answer:
            return json.load(answer)

    def images(self) -> dict[str, str]:
        """Return the image of each service of production."""
        services = json.loads(self.compose("config", "--format", "json"))["services"]
        return {name: service["image"] for name, service in services.items()}

    def empty(self) -> None:
        """Stop everything and forget what it kept; the log of the next database goes into an archive of its own."""
        self.down()
        self.environment["ARCHIVE"] = str(self.folder / f"archive-{secrets.token_hex(4)}")
        self.compose("run", "--rm", "--no-deps", "--entrypoint=chown", "postgres", "postgres:postgres", "/archive")

    def down(self) -> None:
        if "ARCHIVE" in self.environment:  # its files are PostgreSQL's, and not ours to remove
            empty = "rm -rf /archive/*"
            self.compose("run", "--rm", "--no-deps", "--entrypoint=sh", "postgres", "-c", empty)
        self.compose("down", "--volumes", "--remove-orphans", profile="*")

    def remove_images(self) -> None:
        ours = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "shared-ledger:smoke-*"]
        self.run("docker", "image", "rm", *self.run(*ours).split())

    def up(self) -> list[str]:
        """Start all services whose images can be had, and return the others."""
        missing = [name for name, image in self.images().items() if not self._has(image)]
        # Without a collector nobody should wait for one.
        self.environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": ""} if "jaeger" in missing else {}
        self.compose("up", "--detach", "--wait", *(name for name in self.images() if name not in {*missing, "migrate"}))
        self.key = self.manage("ledgerclient", "create", f"smoke-{secrets.token_hex(4)}", *MAY).strip()
        return missing

    def _has(self, image: str) -> bool:
        had = [["docker", "image", "inspect", image], ["docker", "pull", "--quiet", image]]
        return any(subprocess.run(command, capture_output=True, check=False).returncode == 0 for command in had)

    @contextmanager
    def under_load(self, name: str) -> Iterator[list[Attempt]]:
        """Have writers of both apps under way; give what they asked and were told, once they have ended.

        Then the books are held against all that was told since the stack is up.
        """
        attempts: list[Attempt] = []
        with writing(int(self.environment["HTTP_PORT"]), self.key, self.folder / name, writers=6):
            time.sleep(2)
            yield attempts
            time.sleep(2)
        attempts += read_records(self.folder / name)
        self.attempts += attempts
        assert list(violations(self.attempts, self.books())) == []
        assert "no fault" in self.manage("verifyledger")

    def books(self) -> list[Row]:
        """Return all entries as the API shows them."""
        query = f"SELECT row_to_json(books) FROM ({BOOKS}) AS books"
        lines = self.psql(query).splitlines()
        return [shown(json.loads(line)) for line in lines]

    def psql(self, query: str) -> str:
        command = ["psql", "--host=127.0.0.1", "--username=ledger", "--tuples-only", "--no-align", "--command", query]
        return self.compose("exec", "-T", "postgres", *command)

    def build(self, version: str) -> None:
        self.run("make", "build-prod", f"VERSION={version}")

    def versions(self) -> set[str]:
        """Return the versions that the service's containers run."""
        containers = self.compose("ps", "--quiet", "ledger", "watch").split()
        images = self.run("docker", "inspect", "--format", "{{.Config.Image}}", *containers).split()
        return {image.removeprefix("shared-ledger:") for image in images}

    def replicas(self) -> list[str]:
        """Return the ids of the replicas' containers."""
        return self.compose("ps", "--quiet", "ledger").split()

    def log(self) -> list[dict[str, Any]]:
        """Return what nginx logged of all requests so far."""
        log = self.compose("logs", "--no-log-prefix", "nginx").splitlines()
        return [json.loads(line) for line in log if line.startswith('{"time"')]


def require(command: str) -> None:
    """Skip the test unless the command of Docker succeeds."""
    if not shutil.which("docker") or subprocess.run(command.split(), capture_output=True, check=False).returncode:
        pytest.skip(f"`{command}` fails, and this test needs it")


@contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """Give a stack that is not started; what it leaves is removed."""
    require("docker info")
    require("docker compose version")
    ports = ("HTTP", "ADMIN", "DEV", "NGINX_EXPORTER", "PROMETHEUS", "GRAFANA", "JAEGER", "ALERTMANAGER")
    made = Stack(
        folder,
        # Without what `make smoke` tells the makes that it calls.
        {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        | {f"{name}_PORT": str(free_port()) for name in ports}
        | {
            "COMPOSE_PROJECT_NAME": "ledger-smoke",
            "COMPOSE_ENV_FILES": str(folder / ".env"),  # an installation's own is not for tests
            "COMPOSE_FILE": "docker-compose.yml:deploy/archive.yml:deploy/alerting.yml",
            **{
                f"ALERT_{name}": "somebody@ledger.example" for name in ("EMAIL", "SENDER", "SMTP_USER", "SMTP_PASSWORD")
            },
            "ALERT_SMTP": "mail.ledger.example:587",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_SSL_REDIRECT": "0",
            "REPLICAS": str(REPLICAS),
            "OTEL_TRACES_SAMPLER_ARG": "0.1",
        },
    )
    made.build(VERSION)
    made.empty()
    try:
        yield made
    finally:
        made.down()
        made.remove_images()


def say(text: str) -> None:
    print(f"\n{text}", end="", flush=True)  # noqa: T201


def failed(attempts: list[Attempt]) -> list[Attempt]:
    """Return what was not answered, but for answers that the writers dropped themselves."""
    return [attempt for attempt in attempts if attempt.outcome is Outcome.UNKNOWN and not attempt.dropped]
