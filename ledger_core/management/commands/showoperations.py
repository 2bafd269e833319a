"""`manage.py showoperations`"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ledger_core.management.arguments import add_json
from ledger_core.management.output import write_json
from ledger_core.operations import Operation
from ledger_core.plugins import ledger_apps
from ledger_core.values import MAX_CREDITS

_HEAD = ("app", "operation", "credits", "scope", "rules")


class Command(BaseCommand):
    help = "List the operations of all apps: the value of a unit in credits, the scope that a client needs, and rules."

    def add_arguments(self, parser: CommandParser) -> None:
        add_json(parser)

    def handle(self, *, json: bool, **options: Any) -> None:
        operations = [(app.label, operation) for app in ledger_apps() for operation in app.operations]
        if json:
            write_json(self.stdout, [_report(app, operation) for app, operation in operations])
        else:
            self._write([_HEAD, *(_row(app, operation) for app, operation in operations)])

    def _write(self, rows: list[tuple[str, ...]]) -> None:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for app, operation, value, scope, rules in rows:
            cells = (app.ljust(widths[0]), operation.ljust(widths[1]), value.rjust(widths[2]), scope.ljust(widths[3]))
            self.stdout.write("  ".join((*cells, rules)).rstrip())


def _report(app: str, operation: Operation) -> dict[str, Any]:
    return {
        "app": app,
        "operation": operation.code,
        "credits": operation.value,
        "scope": operation.scope.value,
        "rules": list(_rules(operation)),
    }


def _row(app: str, operation: Operation) -> tuple[str, ...]:
    value = "–" if operation.value is None else f"{operation.value:+}" if operation.value else "0"
    return app, operation.code, value, str(operation.scope), ", ".join(_rules(operation))


def _rules(operation: Operation) -> Iterator[str]:
    kind = operation.kind
    if kind.retired:
        yield "retired"
    if kind.frequency:
        yield kind.frequency.name
    if "to_owner_id" in kind.fields:
        yield "to another owner"
    if kind.can_be_held:
        yield f"can be held for {_lasting(kind.hold_for)}" if kind.hold_for else "can be held"
    if operation.lot:
        lifetime, priority = operation.lot
        yield f"expires after {_lasting(timedelta(seconds=lifetime))}"
        if priority:
            yield f"priority {priority}"
    if operation.reversed_operation:
        yield f"reverses {operation.reversed_operation.code}"
    if kind.extension:
        yield f"extends expired credits by {_lasting(timedelta(seconds=kind.extension))}"
    if kind.max_amount < MAX_CREDITS:
        yield f"at most {kind.max_amount:,} per request"


def _lasting(lifetime: timedelta) -> str:
    return f"{lifetime.days:,} days" if lifetime.days and not lifetime.seconds else f"{lifetime.total_seconds():,.0f} s"
