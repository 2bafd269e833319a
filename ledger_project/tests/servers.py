"""PostgreSQL servers over TCP that a test can break, and what stands between them and the service."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from ledger_project.development.embedded import _programs
from ledger_project.tests.conftest import free_port, listens, wait_for

# Where processes that were killed leave what libfaketime shares. Another process with the same id would stop at it.
_SHARED = Path("/dev/shm")  # noqa: S108
FAKETIME = next(Path("/usr/lib").glob("**/faketime/libfaketime.so.1"), None)


def clock_of(file: Path, *, cached: bool = False) -> dict[str, str]:
    """Return the environment of a program that goes by the clock in the file, such as `+26h`.

    The program reads the file each time, or if `cached`, every second.
    """
    for left in _SHARED.glob("*faketime_s*"):
        if not Path("/proc", left.name.rpartition("_")[2]).exists():
            left.unlink(missing_ok=True)
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION" if cached else "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@dataclass
class Server:
    """A server on a port of 127.0.0.1 with its files in `data`. It runs as nobody where tests run as root."""

    data: Path
    port: int = field(default_factory=free_port)
    environment: Mapping[str, str] = field(default_factory=dict)

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
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "''",
            **settings,
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
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
        if user := _unprivileged():
            self.data.parent.chmod(0o755)
            for folder in (self.data, self.data.parent):
                os.chown(folder, user["user"], user["group"])

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        assert done.returncode == 0, done.args

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(_programs() / program), *arguments],
            cwd="/",
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,  # a pipe would stay open for as long as the server does
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
            **_unprivileged(),
        )


def _unprivileged() -> dict[str, Any]:
    """Return for a subprocess the user that runs what refuses to run as root; nothing for all other users."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def postgres(data: Path, *, standby_of: Server | None = None) -> Iterator[Server]:
    """Run a new server with its files in `data`, or a standby that follows another one."""
    data.parent.mkdir(exist_ok=True)
    server = Server(data)
    if standby_of:
        server.copy_from(standby_of)
    else:
        server.initialize()
    server.start()
    try:
        yield server
    finally:
        server.stop("immediate")


@contextmanager
def pgbouncer(folder: Path, server: Server) -> Iterator[str]:
    """Run PgBouncer in transaction mode, with two connections for all clients; give the URL."""
    port = free_port()
    folder.mkdir()
    (folder / "pgbouncer.ini").write_text(f"""\
[databases]
postgres = host=127.0.0.1 port={server.port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = options
logfile = {folder}/log
""")
    user = _unprivileged()
    if user:
        folder.parent.chmod(0o755)
        os.chown(folder, user["user"], user["group"])
    command = [shutil.which("pgbouncer") or "pgbouncer", "-q", str(folder / "pgbouncer.ini")]
    with subprocess.Popen(command, **user) as process:
        try:
            wait_for(lambda: listens(port))
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()


@contextmanager
def silent(server: Server) -> Iterator[None]:
    """Drop every packet to and from the server, as a host without power does."""
    rules = [["INPUT", "-i", "lo", "-p", "tcp", way, str(server.port), "-j", "DROP"] for way in ("--dport", "--sport")]
    for rule in rules:
        subprocess.run(["iptables", "-w", "-I", *rule], check=True)
    try:
        yield
    finally:
        for rule in rules:
            subprocess.run(["iptables", "-w", "-D", *rule], check=True)


def packets_can_be_dropped() -> bool:
    if not shutil.which("iptables"):
        return False
    return subprocess.run(["iptables", "-w", "-nL"], capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk(disk: Path, megabytes: int) -> Iterator[Path]:
    """Mount a file system of that size."""
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "tmpfs", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
