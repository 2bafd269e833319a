"""`make run`: the whole service on this machine, from the database to gunicorn, ended by Ctrl-C."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import FrameType

from ledger_project import environment
from ledger_project.database import DATA, database, require_answer

HOST = "127.0.0.1"  # this machine alone: the settings of development are no secret
GUNICORN_CONFIG = Path(__file__).resolve().parent.parent / "deploy" / "gunicorn.conf.py"

GUIDE = """
Shared Ledger answers at {url}; Ctrl-C stops it.

  API     {url}/api/docs
  admin   {url}/admin/   user: admin   password: {password}
  metrics {url}/metrics

Paste these:

  curl -X POST {url}/api/v1/content/ledger -H 'Authorization: Bearer {key}' \\
       -H 'Content-Type: application/json' -d '{{"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "first"}}'
  curl -X POST {url}/api/v1/ecommerce/ledger -H 'Authorization: Bearer {key}' \\
       -H 'Content-Type: application/json' -d '{{"operation": "PURCHASE", "owner_id": "alice", "nonce": "second"}}'
  curl {url}/api/v1/content/ledger/alice -H 'Authorization: Bearer {key}'
"""


def main() -> None:
    port = environment.integer("PORT", 8000, least=1)
    _require_free(port)
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background job is born deaf to it
        signal.signal(number, _leave)
    with database():
        require_answer()
        _prepare()
        guide = GUIDE.format(url=f"http://{HOST}:{port}", password=_admin_password(), key=_demonstration_key())
        print(guide, flush=True)  # noqa: T201
        sys.exit(_serve(port))


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise SystemExit(
                f"Port {port} cannot be had ({error.strerror}): stop what listens there, or: make run PORT={port + 1}"
            ) from None


def _leave(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _prepare() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "ledger_project.settings"
    django.setup()
    from django.core.management import call_command
    from django.core.management.base import SystemCheckError

    try:
        call_command("migrate", verbosity=0, skip_checks=False)
    except SystemCheckError as error:  # a plugin's mistake, with its hint
        raise SystemExit(str(error)) from None


def _admin_password() -> str:
    """Return the password of the admin, made with the first run and kept for the next."""
    from django.contrib.auth.models import User

    password = _kept("admin-password") or _keep("admin-password", secrets.token_urlsafe(9))
    if not User.objects.filter(username="admin").exists():
        User.objects.create_superuser("admin", password=password)
    return password


def _demonstration_key() -> str:
    """Return the key of a client of every app that may do everything, made with the first run and kept for the next."""
    from ledger_core import clients
    from ledger_core.models import Client, Key
    from ledger_core.operations import Scope
    from ledger_core.plugins import ledger_apps

    may = {"apps": [app.label for app in ledger_apps()], "scopes": [scope.value for scope in Scope]}
    client, _ = Client.objects.update_or_create(name="demonstration", defaults=may)
    key = _kept("demonstration-key")
    try:
        clients.client_of(key)
    except clients.InvalidKey:  # none yet, or another database's
        clients.revoke(client.keys.all())
        key = _keep("demonstration-key", clients.issue(Key(client=client)))
    return key


def _kept(name: str) -> str:
    file = DATA / name
    return file.read_text() if file.exists() else ""


def _keep(name: str, secret: str) -> str:
    file = DATA / name
    file.parent.mkdir(exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(secret)
    return secret


def _serve(port: int) -> int:
    """Run gunicorn until it ends or a signal asks for it, and return its exit code."""
    variables = {**os.environ, "BIND": f"{HOST}:{port}"}
    command = [sys.executable, "-m", "gunicorn", "-c", str(GUNICORN_CONFIG), "ledger_project.wsgi"]
    # In a session of its own: Ctrl-C goes to every process of the terminal's, and gunicorn, told to end twice
    # at once, can hang until its grace is over.
    gunicorn = subprocess.Popen(command, env=variables, start_new_session=True)  # noqa: S603
    try:
        return gunicorn.wait()
    except KeyboardInterrupt:
        gunicorn.terminate()
        return gunicorn.wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # asked to end before it served
