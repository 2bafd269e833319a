"""`make smoke`: Docker Compose reads the files of the deployment. It needs no stack, and no running Docker."""

import subprocess
from pathlib import Path

import pytest

from ledger_project.tests.conftest import ROOT
from ledger_project.tests.smoke.stack import require

pytestmark = pytest.mark.smoke


@pytest.mark.parametrize("profile", ["dev", "prod"])
@pytest.mark.parametrize("further", [[], ["deploy/archive.yml", "deploy/alerting.yml"]])
def test_compose_accepts_its_files(folder: Path, profile: str, further: list[str]) -> None:
    require("docker compose version")
    alerting = [f"ALERT_{name}=x" for name in ("EMAIL", "SENDER", "SMTP", "SMTP_USER", "SMTP_PASSWORD")]
    lines = [(ROOT / "deploy" / "env.example").read_text(), "VERSION=v1", *alerting]
    (folder / ".env").write_text("\n".join(lines))
    files = [f"--file={ROOT / name}" for name in ["docker-compose.yml", *further]]
    command = ["docker", "compose", "--env-file", str(folder / ".env"), *files, "--profile", profile]
    done = subprocess.run([*command, "config", "--quiet"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
