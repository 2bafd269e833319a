"""PostgreSQL servers over TCP that a test can break: with a standby, on a small disk, and with a clock of their own."""

import os
import pwd
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from ledger_project.embedded import _programs
from ledger_project.tests.conftest import free_port

FAKETIME = Path(f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/faketime/libfaketime.so.1")


@dataclass
class Server:
    """A server on a port of 127.0.0.1 with its files in `data`. It runs as nobody where tests run as root."""

    data: Path
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def initialize(self) -> None:
        self._make_folder()
        self._run("initdb", f"--pgdata={self.data}", "--username=postgres", "--auth=trust", "--encoding=UTF8")

    def copy_from(self, primary: "Server") -> None:
        """Become a standby of the primary, with a copy of its files."""
        shutil.rmtree(self.data, ignore_errors=True)
        self._make_folder()
        source = f"--dbname={primary.url}?application_name=standby"
        self._run("pg_basebackup", f"--pgdata={self.data}", source, "--write-recovery-conf", "--checkpoint=fast")

    def start(self, **settings: str) -> None:
        options = " ".join(
            f"-c {name}={value}"
            for name, value in {
                "port": str(self.port),
                "listen_addresses": "127.0.0.1",
                "unix_socket_directories": "''",
                **settings,
            }.items()
        )
        log = self.data.with_name(f"{self.data.name}.log")
        self._run("pg_ctl", "start", "--wait", f"--pgdata={self.data}", f"--log={log}", f"--options={options}")

    def stop(self, mode: str = "fast") -> None:
        self._call("pg_ctl", "stop", f"--mode={mode}", "--wait", f"--pgdata={self.data}")

    def promote(self) -> None:
        self._run("pg_ctl", "promote", "--wait", f"--pgdata={self.data}")

    def runs(self) -> bool:
        return self._call("pg_ctl", "status", f"--pgdata={self.data}").returncode == 0

    def execute(self, *statements: LiteralString) -> None:
        """Execute each statement in a transaction of its own."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def _make_folder(self) -> None:
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for folder in (self.data, self.data.parent):
                os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        assert done.returncode == 0, done.args

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        # Not to a pipe, which would stay open for as long as the server does.
        user: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run(
            [str(_programs() / program), *arguments],
            cwd="/",
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
            **user,
        )


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Give a file system of that size."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "tmpfs", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


@contextmanager
def silence(port: int) -> Iterator[None]:
    """Drop every packet to and from that port of this machine, as a host does that has lost its network."""
    rules = [["INPUT", "--protocol", "tcp", which, str(port), "--jump", "DROP"] for which in ("--dport", "--sport")]
    for rule in rules:
        subprocess.run(["iptables", "--wait", "--insert", *rule], check=True)
    try:
        yield
    finally:
        for rule in rules:
            subprocess.run(["iptables", "--wait", "--delete", *rule], check=True)
