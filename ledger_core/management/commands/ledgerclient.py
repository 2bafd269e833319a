"""`manage.py ledgerclient`"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ledger_core.access import clients
from ledger_core.management.arguments import add_json
from ledger_core.management.output import write_json
from ledger_core.models import Client, Key
from ledger_core.operations import Scope
from ledger_core.plugins import ledger_apps


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Make a client of the API, give it a further key, revoke its keys, or list all. A key is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="create | rotate | revoke | list")
        create = actions.add_parser("create", help="make a client and its first key")
        create.add_argument("name", help="as entries are to keep it")
        create.add_argument("--app", action="append", required=True, choices=[app.label for app in ledger_apps()])
        create.add_argument("--scope", action="append", required=True, choices=[scope.value for scope in Scope])
        rotate = actions.add_parser("rotate", help="give a client a second key; the first stays until it is revoked")
        rotate.add_argument("name")
        for action in (create, rotate):
            action.add_argument("--days", type=int, help="how long the key is good; for ever, unless it is said")
        revoke = actions.add_parser("revoke", help="revoke a client's keys")
        revoke.add_argument("name")
        revoke.add_argument("prefix", nargs="?", help="the key's first part, ledger_…; all keys, unless it is said")
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
                    self._show(clients.issue(Key(client=_client(options["name"]), expires_on=_expiry(options["days"]))))
                except clients.TooManyKeys as error:
                    raise CommandError(str(error)) from None
            case "revoke":
                self._revoke(_client(options["name"]), options["prefix"])
            case "list":
                self._list(json=options["json"])

    def _show(self, key: str) -> None:
        self.stderr.write("The key, which cannot be shown again:", self.style.NOTICE)
        self.stdout.write(key)

    def _revoke(self, client: Client, prefix: str | None) -> None:
        keys = client.keys.filter(prefix=prefix) if prefix else client.keys.all()
        revoked = clients.revoke(keys)
        if not revoked:
            raise CommandError(f"{client} has no such key that is not revoked.")
        self.stdout.write(f"{revoked} revoked: refused everywhere within {clients.CACHE_SECONDS} seconds.")

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
        raise CommandError("--days is from 1 to 36500.")
    return timezone.now() + timedelta(days=days)
