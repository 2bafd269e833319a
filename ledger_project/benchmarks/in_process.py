"""In one process, without HTTP: post() and django-hordak's transfer_to; and only the statement, with pgbench.

`python -m ledger_project.benchmarks.in_process ours|hordak SECONDS` is one contestant's turn; it prints calls a second.
"""

import os
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import count
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings

from ledger_core import sql
from ledger_project.benchmarks.stack import Ledger, run

OWNERS = 1000
PGBENCH_CLIENTS = 8
_PGBENCH_VALUES = {
    "owner_id": "'owner-' || :owner",
    "nonce": "'pgbench-' || :nonce::text",
    "app": "'content'",
    "operation": "'CREDIT_ADD'",
    "amount": "1",
    "delta": "10",
    "client": "'pgbench'",
}


def measure(ledger: Ledger, rounds: int, seconds: int) -> dict[str, list[float]]:
    """Return the rates of each round."""
    rates: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for contestant in ("ours", "hordak"):
            command = [sys.executable, "-m", "ledger_project.benchmarks.in_process", contestant, str(seconds)]
            rates[f"in process, {contestant}"].append(float(run(command, ledger.environment)))
        for owners, which in ((OWNERS, "many owners"), (1, "one hot owner")):
            rates[f"pgbench, {which}"].append(_pgbench(ledger, owners, seconds))
    return rates


def _pgbench(ledger: Ledger, owners: int, seconds: int) -> float:
    statement = re.sub(r"%\((\w+)\)s", lambda found: _PGBENCH_VALUES.get(found[1], "NULL"), sql.load("post", entry="*"))
    variables = f"\\set owner random(1, {owners})\n\\set nonce random(1, 9000000000000000000)\n"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(variables + re.sub(r"--.*", "", statement) + ";\n")
        script.flush()
        database = urlsplit(ledger.url)
        clients = ["-c", str(PGBENCH_CLIENTS), "-j", "2", "-T", str(seconds)]
        target = ["-h", parse_qs(database.query)["host"][0], "-U", "postgres", database.path[1:]]
        printed = run(["pgbench", "-n", "-M", "prepared", *clients, "-f", script.name, *target], ledger.environment)
    (rate,) = re.findall(r"tps = ([0-9.]+)", printed)
    return float(rate)


def _ours() -> Callable[[int], object]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "ledger_project.settings"
    django.setup()
    from ledger_core.operations import Operation, OperationSet, SharedOperation
    from ledger_core.posting import post

    operations = OperationSet("content", Operation)
    run = f"{os.getpid()}-{time.time()}"
    return lambda number: post(
        operations, SharedOperation.CREDIT_ADD, owner_id=f"owner-{number % OWNERS}", nonce=f"{run}-{number}"
    )


def _hordak() -> Callable[[int], object]:
    """Set up django-hordak as its documentation says, in its own database."""
    from psycopg.conninfo import conninfo_to_dict

    server = conninfo_to_dict(os.environ["DATABASE_URL"])
    database = {name.upper(): server.get(name, "") for name in ("user", "password", "host", "port")}
    database |= {"ENGINE": "django.db.backends.postgresql", "NAME": "hordak"}
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "mptt", "djmoney", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command
    from hordak.models import Account, AccountType
    from moneyed import Money

    call_command("migrate", verbosity=0)
    names = ("Operations", *(f"Owner {number}" for number in range(OWNERS)))
    if not Account.objects.exists():
        for number, name in enumerate(names):
            Account.objects.create(name=name, code=str(number), type=AccountType.liability, currencies=["EUR"])
    source, *owners = Account.objects.order_by("id")
    amount = Money(10, "EUR")
    return lambda number: source.transfer_to(owners[number % OWNERS], amount)


def main(contestant: str, seconds: str) -> None:
    call = {"ours": _ours, "hordak": _hordak}[contestant]()
    numbers = count()
    for _ in range(300):
        call(next(numbers))
    start, first = time.perf_counter(), next(numbers)
    while time.perf_counter() - start < float(seconds):
        call(next(numbers))
    print((next(numbers) - first) / (time.perf_counter() - start))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
