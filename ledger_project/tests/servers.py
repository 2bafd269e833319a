"""PostgreSQL servers that are reached over TCP, as in production, and what stands between them and the service."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from ledger_project.embedded import EmbeddedPostgres
from ledger_project.tests.conftest import free_port, listens, wait_for


@dataclass
class Server:
    """A running PostgreSQL."""

    data: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@contextmanager
def postgres(data: Path, *, standby_of: Server | None = None) -> Iterator[Server]:
    """Run a new server with its files in `data`, or a standby that follows another one."""
    server, cluster = Server(data, free_port()), EmbeddedPostgres(data)
    if standby_of:
        cluster._make_folder(data)
        cluster._run("pg_basebackup", f"--pgdata={data}", "--write-recovery-conf", f"--dbname={standby_of.url}")
    else:
        cluster._initialize()
    options = f"-c listen_addresses=127.0.0.1 -c port={server.port} -c unix_socket_directories=''"
    cluster._run("pg_ctl", "start", "--wait", f"--pgdata={data}", f"--log={data}/log", f"--options={options}")
    try:
        yield server
    finally:
        cluster._run("pg_ctl", "stop", "--mode=immediate", "--wait", f"--pgdata={data}")


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
    options: dict[str, Any] = {}
    if os.geteuid() == 0:  # as which PgBouncer refuses to run
        user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    command = [shutil.which("pgbouncer") or "pgbouncer", "-q", str(folder / "pgbouncer.ini")]
    with subprocess.Popen(command, **options) as process:
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
