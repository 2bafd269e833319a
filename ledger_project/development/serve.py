"""`make run`: the service with its database on this machine, until Ctrl-C."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import FrameType

from ledger_project.development.database import DATA, database, leave, require_answer
from ledger_project.startup import default_to_development, setup

HOST = "127.0.0.1"  # only this machine, because the secrets of development are public
GUNICORN_CONFIG = Path(__file__).resolve().parents[2] / "deploy" / "gunicorn.conf.py"
# SIGINT ends the process even if the shell, as for background jobs, ignored it. SIGHUP stays ignored under nohup.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STARTED_BY = os.getppid(), os.isatty(1)  # read at import, because both may be gone before the service is up

GUIDE = """
Shared Ledger runs at {url}. Press Ctrl-C to stop it.

  API     {url}/api/docs
  admin   {url}/admin/   user: admin   password: {password}
  metrics {url}/metrics

Try these commands:

  curl -X POST {url}/api/v1/content/ledger -H 'Authorization: Bearer {key}' \\
       -H 'Content-Type: application/json' -d '{{"operation": "CREDIT_ADD", "owner_id": "guest", "nonce": "first"}}'
  curl -X POST {url}/api/v1/ecommerce/ledger -H 'Authorization: Bearer {key}' \\
       -H 'Content-Type: application/json' -d '{{"operation": "PURCHASE", "owner_id": "guest", "nonce": "second"}}'
  curl {url}/api/v1/content/ledger/guest -H 'Authorization: Bearer {key}'
"""


def main() -> None:
    port = _free_port(os.environ.get("PORT", "8000"))
    for number in _ENDING:
        if number is signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    default_to_development()
    with database():
        require_answer()
        _prepare()
        guide = GUIDE.format(url=f"http://{HOST}:{port}", password=_admin_password(), key=_demonstration_key())
        print(guide, flush=True)  # noqa: T201
        sys.exit(_serve(port))


def _free_port(text: str) -> int:
    """Return the port. Ends the process with one line if it is not a port, or not free."""
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 65535:
        raise SystemExit(f"PORT={text} is not a port number. Use a number from 1 to 65534.")
    port = int(text)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise SystemExit(
                f"Port {port} cannot be used: {error.strerror}. Stop the program that uses it, or run: "
                f"make run PORT={port + 1}"
            ) from None
    return port


def _leave(signum: int, frame: FrameType | None) -> None:
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)  # a second exception would interrupt the cleanup
    leave(signum, frame)


def _prepare() -> None:
    setup()
    from django.core.management import BaseCommand, CommandError, call_command

    from ledger_core.postgresql.migrated import is_migrated

    try:
        BaseCommand().check()
        if not is_migrated():
            call_command("migrate", verbosity=0)
    except CommandError as error:  # a system check failed: the text has its message and hint
        raise SystemExit(str(error)) from None


def _admin_password() -> str:
    """Return the password of the user `admin`. The first run creates it and stores it for the next."""
    from django.contrib.auth.models import User

    password = _kept("admin-password") or _keep("admin-password", secrets.token_urlsafe(9))
    if not User.objects.filter(username="admin").exists():
        User.objects.create_superuser("admin", password=password)
    return password


def _demonstration_key() -> str:
    """Return the key of a client with every app and scope. The first run creates it and stores it for the next."""
    from ledger_core.access import keys
    from ledger_core.models import Client, Key
    from ledger_core.operations import Scope
    from ledger_core.plugins import ledger_apps

    may = {"apps": [app.label for app in ledger_apps()], "scopes": [scope.value for scope in Scope]}
    client, _ = Client.objects.update_or_create(name="demonstration", defaults=may)
    key = _kept("demonstration-key")
    try:
        keys.client_of(key)
    except keys.InvalidKey:  # there is none yet, or it is from another database
        keys.revoke(client.keys.all())
        key = _keep("demonstration-key", keys.issue(Key(client=client)))
    return key


def _kept(name: str) -> str:
    file = DATA / name
    return file.read_text() if file.exists() else ""


def _keep(name: str, secret: str) -> str:
    file = DATA / name
    try:
        file.parent.mkdir(exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secret)
    except OSError as error:
        raise SystemExit(f"{file} cannot be written: {error.strerror}. Use a checkout that you can write to.") from None
    return secret


def _serve(port: int) -> int:
    """Run gunicorn until it ends or this process is asked to end, and return its exit code."""
    variables = {**os.environ, "BIND": f"{HOST}:{port}"}
    command = [sys.executable, "-m", "gunicorn", "-c", str(GUNICORN_CONFIG), "ledger_project.wsgi"]
    # In a session of its own, which Ctrl-C does not reach: gunicorn can hang until its graceful timeout if it gets two
    # signals to end at the same time.
    gunicorn = subprocess.Popen(command, env=variables, start_new_session=True)  # noqa: S603
    try:
        return _wait(gunicorn)
    except KeyboardInterrupt:
        gunicorn.terminate()
        return gunicorn.wait()


def _wait(gunicorn: "subprocess.Popen[bytes]") -> int:
    """Wait until gunicorn ends, and return its exit code.

    Raises KeyboardInterrupt when the process or terminal that started this one is gone. Otherwise the service would
    keep running after `make` is killed, or after the terminal of `ssh -t … make run` is closed.
    """
    while (os.getppid(), os.isatty(1)) == _STARTED_BY:
        try:
            return gunicorn.wait(timeout=1)
        except subprocess.TimeoutExpired:
            _end_expired_holds()
    raise KeyboardInterrupt


def _end_expired_holds() -> None:
    """Write the entries of expired holds and lots, as `watchledger` does in production."""
    from django.db import DatabaseError, connection

    from ledger_core.posting.expiry import expire_due

    try:
        expire_due()
    except DatabaseError:  # nothing depends on it, and the next turn tries again
        connection.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # interrupted before gunicorn started
