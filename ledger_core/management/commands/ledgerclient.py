"""`manage.py ledgerclient`"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ledger_core.access import clients
from ledger_core.access.keys import CACHE_SECONDS, TooManyKeys, issue, revoke
from ledger_core.management.arguments import add_json
from ledger_core.management.output import counted, write_json
from ledger_core.management.reporting import LedgerCommand
from ledger_core.models import Client, Key
from ledger_core.operations import Scope
from ledger_core.plugins import ledger_apps


class Command(LedgerCommand):
    help = "Create a client of the API, issue or revoke its keys, or list all clients. A key is shown only once."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="create | rotate | revoke | list")
        create = actions.add_parser("create", help="create a client and its first key")
        create.add_argument("name", help="name of the client, which the entries it posts will have")
        create.add_argument(
            "--app",
            action="append",
            required=True,
            choices=[app.label for app in ledger_apps()],
            help="app that the client may call; can be repeated",
        )
        create.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=[scope.value for scope in Scope],
            help="what the client may do; can be repeated",
        )
        rotate = actions.add_parser("rotate", help="issue a second key; the first stays valid until it is revoked")
        rotate.add_argument("name", help="name of the client")
        for action in (create, rotate):
            action.add_argument("--days", type=int, help="days until the key expires (default: it does not expire)")
        revoke = actions.add_parser("revoke", help="revoke one key of a client, or all")
        revoke.add_argument("name", help="name of the client")
        revoke.add_argument("prefix", nargs="?", help="prefix of the key, as `list` shows it (default: all keys)")
        add_json(actions.add_parser("list", help="list all clients and their keys"))

    def handle(self, **options: Any) -> None:
        match options["action"]:
            case "create":
                try:
                    key = clients.create(options["name"], options["app"], options["scope"], _expiry(options["days"]))
                except ValidationError as error:
                    raise CommandError("; ".join(error.messages)) from None
                self._show(key)
            case "rotate":
                try:
                    self._show(issue(Key(client=_client(options["name"]), expires_on=_expiry(options["days"]))))
                except TooManyKeys as error:
                    raise CommandError(str(error)) from None
            case "revoke":
                self._revoke(_client(options["name"]), options["prefix"])
            case "list":
                self._list(json=options["json"])

    def _show(self, key: str) -> None:
        self.stderr.write("Copy this key now; it cannot be shown again:", self.style.NOTICE)
        self.stdout.write(key)

    def _revoke(self, client: Client, prefix: str | None) -> None:
        keys = client.keys.filter(prefix=prefix) if prefix else client.keys.all()
        revoked = revoke(keys)
        if not revoked:
            raise CommandError(f"Nothing was revoked: {client} has no such key, or it was revoked before.")
        rejected = f"The service rejects a revoked key after at most {CACHE_SECONDS} seconds."
        self.stdout.write(f"Revoked {counted(revoked, 'key', 'keys')}. {rejected}")

    def _list(self, *, json: bool) -> None:
        all_clients = Client.objects.order_by("name").prefetch_related("keys")
        if json:
            write_json(self.stdout, [_report(client) for client in all_clients])
            return
        for client in all_clients:
            self.stdout.write(f"{client}  apps: {', '.join(client.apps)}  scopes: {', '.join(client.scopes)}")
            for key in client.keys.all():
                self.stdout.write(f"    {key.prefix}  {key.state}  last used: {key.last_used_on or 'never'}")


def _report(client: Client) -> dict[str, Any]:
    keys = [
        {"prefix": key.prefix, "state": str(key.state), "last_used_on": key.last_used_on} for key in client.keys.all()
    ]
    return {"name": client.name, "apps": client.apps, "scopes": client.scopes, "keys": keys}


def _client(name: str) -> Client:
    try:
        return Client.objects.get(name=name)
    except Client.DoesNotExist:
        raise CommandError(f"There is no client {name}.") from None


def _expiry(days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= 36_500:
        raise CommandError("--days must be from 1 to 36500.")
    return timezone.now() + timedelta(days=days)
