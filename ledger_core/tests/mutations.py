"""`make mutations`: remove one guard at a time, in a copy of the project, and show the first test that fails.

If no test fails, the guard lacks a test. Constraints are dropped at the end of the migrations. Tests that only compare
names are left out, because a test of the behaviour has to fail. Arguments: words of the mutations to try; default all.
"""

import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parent.parent.parent
# Not imported: `ledger_core.models` needs Django, which this program does not start.
constraints = SimpleNamespace(**runpy.run_path(str(ROOT / "ledger_core" / "models" / "constraints.py")))
TABLES = "ledger_core/sql/migrations/0001_tables.sql"
POSTING = "ledger_core/sql/migrations/0001_posting.sql"
LAST_MIGRATION = "ledger_core/migrations/0002_clients.py"
OPTIONS = ["-q", "-n", "2", "--tb=no", "-rfE", "-p", "no:cacheprovider", "--maxfail=1"]
APPS = ["ledger_core", "content", "ecommerce"]
LEFT_OUT = [
    "test_every_named_constraint",
    "test_every_constraint_of",
    "test_every_unique",
    "test_migrations_go_back",
    "test_a_mutation_finds",  # the text is not there any more
]

Edits = list[tuple[str, str, str]]  # file, text to replace ("" for the end of the file), replacement

LOCK = "SELECT * INTO account FROM ledger_account AS a WHERE a.owner_id = owner"
READ_THEN_WRITE: Edits = [(POSTING, f"    {LOCK} FOR NO KEY UPDATE;\n    IF NOT", f"    {LOCK};\n    IF NOT")]
HASH = "sha256(previous || convert_to("


def without(name: str) -> Edits:
    table = f"ledger_{name.split('_')[1]}".replace("ledger_open", "ledger_open_units")
    drop = f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE"
    if table in ("ledger_text", "ledger_units", "ledger_held", "ledger_metadata"):
        domain = "ledger_optional_text" if name == constraints.TEXT_PLAIN else table
        drop = f"ALTER DOMAIN {domain} DROP CONSTRAINT {name}"
    if name in (constraints.CLAIM_ONCE, constraints.KEY_SLOT_ONCE):  # of some rows only, so it is an index
        drop = f"DROP INDEX {name}"
    return [(LAST_MIGRATION, "", f"\nMigration.operations.append(migrations.RunSQL({drop!r}, ''))\n")]


def instead(file: str, before: str, after: str) -> Edits:
    return [(f"ledger_core/{file}", before, after)]


MUTATIONS: Mapping[str, Edits] = {
    **{name: without(name) for key, name in vars(constraints).items() if key.isupper()},
    "the append-only trigger": [(TABLES, "", "\nDROP TRIGGER ledger_entry_append_only ON ledger_entry;\n")],
    "the trigger that keeps accounts": [(TABLES, "", "\nDROP TRIGGER ledger_account_kept ON ledger_account;\n")],
    "the row lock: read, then write": READ_THEN_WRITE,
    "the row lock and the sequence": READ_THEN_WRITE + without(constraints.SEQUENCE),
    "the hash of the entry before": [(POSTING, HASH, "sha256(''::bytea || convert_to(")],
    "the nonce in the hash": [
        (POSTING, "entry.held_after, entry.nonce, entry.claim", "entry.held_after, '', entry.claim")
    ],
    "the id in the hash": [(POSTING, "        entry.form, entry.id, entry", "        entry.form, 0, entry")],
    "time that does not go back": [
        (POSTING, "greatest(account.updated_on, statement_timestamp())", "statement_timestamp()")
    ],
    "the reversed entry's operation": [
        (POSTING, "\n    AND e.operation = item.reversed_operation AND e.held", "\n    AND e.held")
    ],
    "the reversed entry's app": [(POSTING, " AND e.app = ledger_reverse.app\n", "\n")],
    "the reversed entry's owner": [
        (POSTING, " AND e.owner_id = owner AND e.app = ledger_reverse", " AND e.app = ledger_reverse")
    ],
    "the units of the reversed entry": [
        (POSTING, "coalesce(reversed.amount, 0) - item.amount", "coalesce(reversed.amount, 0)")
    ],
    "the period of a claim": [(POSTING, "to_char(entry.created_on AT TIME ZONE 'UTC', item.period)", "item.period")],
    "the order of a batch's new accounts": [(POSTING, "\n        ORDER BY 1\n", "\n        ORDER BY 1 DESC\n")],
    "a batch's locks": [(POSTING, " = ANY(owners) ORDER BY a.owner_id FOR NO KEY UPDATE;", " = ANY(owners);")],
    "what an entry leaves of its account, in a batch": [
        (POSTING, "        accounts[place] := account;\n        IF entry", "        IF entry")
    ],
    "the credits that are held": [(POSTING, "entry.held_after := account.held + entry.held", "entry.held_after := 0")],
    "the end of a hold at its expiry": [
        (POSTING, "    IF account.held > 0 OR account.lots > 0 THEN\n", "    IF account.lots > 0 THEN\n")
    ],
    "the units of a hold": [
        (
            POSTING,
            "SET remaining = left_ - drawn",
            "SET remaining = greatest(left_ - drawn, 0)",
        )
    ],
    "that a hold moved nothing to reverse": [(POSTING, " AND e.held <= 0 AND e.priority", " AND e.priority")],
    "that both sides of a transfer are reversed": [
        (POSTING, "\n    AND (e.transfer IS NULL) = (item.transfer IS NULL);", ";")
    ],
    "the look for the other side of a transfer": [
        (POSTING, "    IF item.reverses IS NOT NULL AND EXISTS (", "    IF FALSE AND EXISTS (")
    ],
    "the expiry of lots": [
        (POSTING, "    IF account.held > 0 OR account.lots > 0 THEN\n", "    IF account.held > 0 THEN\n")
    ],
    "the order in which lots are used": [
        (
            POSTING,
            "ORDER BY o.priority, o.expires_on, o.entry_id\n        LOOP",
            "ORDER BY o.entry_id\n        LOOP",
        )
    ],
    "that a refund gives back what was used last": [
        (
            POSTING,
            "ORDER BY priority DESC, expires_on DESC, lot_id DESC",
            "ORDER BY priority, expires_on, lot_id",
        )
    ],
    "what a hold gives back to lots": [(POSTING, "THEN lot.credits - part ELSE 0 END;", "THEN 0 ELSE 0 END;")],
    "what a hold that has expired gives back to lots": [
        (POSTING, "o.expires_on <= greatest(account.updated_on, moment);\nEND;", "o.entry_id = 0;\nEND;")
    ],
    "that the end of a lot takes no other credits": [
        (
            POSTING,
            " OR entry.priority IS NOT NULL OR entry.operation = 'CREDIT_EXPIRY' THEN",
            " OR entry.priority IS NOT NULL THEN",
        )
    ],
    "the expiry of what is refunded to a lot that has expired": [
        (POSTING, "    IF account.lots > 0 AND (entry.hold", "    IF FALSE AND (entry.hold")
    ],
    "that an app does not reverse credits that expire": [
        (POSTING, " AND e.held <= 0 AND e.priority IS NULL\n", " AND e.held <= 0\n")
    ],
    "that the next refund of a batch sees this one": [
        (
            POSTING,
            "IF entry.reverses IS NOT NULL AND entry.drawn IS NOT NULL THEN\n            INSERT",
            "IF FALSE THEN\n            INSERT",
        )
    ],
    "that a refund extends only what has expired": [
        (
            POSTING,
            "IF item.priority IS NOT NULL AND lot.expires_on <= entry.created_on THEN",
            "IF item.priority IS NOT NULL THEN",
        )
    ],
    "that a hold does not spend lots": [(POSTING, "CASE WHEN entry.delta < 0 THEN part ELSE 0 END]]", "part]]")],
    "that lots are not transferred": [
        (
            POSTING,
            "    ELSIF entry.priority IS NULL AND entry.transfer IS NULL THEN",
            "    ELSIF entry.priority IS NULL THEN",
        )
    ],
    "the credits that have expired": instead("sql/balance.sql", "ledger_lapsed(a, statement_timestamp())", "0"),
    "the app of a hold": [(POSTING, "AND e.app = entry.app AND e.held > 0", "AND e.held > 0")],
    "the credits of a hold that has expired": instead(
        "sql/balance.sql", "ledger_held(a, statement_timestamp())", "held"
    ),
    "what is before a moment": instead("sql/migrations/0001_moments.sql", ") < moment THEN", ") <= moment THEN"),
    "the upper half of a history": instead("sql/migrations/0001_moments.sql", "low := middle", "low := high"),
    "the look for the nonce after any refusal": [
        (
            POSTING,
            "        ELSIF NOT FOUND THEN\n",
            "        ELSE\n",
        )
    ],
    "the scope of a post": instead("api/views.py", "        require(client, item.operation.scope)\n", ""),
    "the scopes of a batch": instead("api/views.py", "            require(self.client, scope)\n", "            pass\n"),
    "the scope read": instead("access/authentication.py", 'if request.method != "POST":', "if False:"),
    "the scope mint": instead("operations/operation.py", "Scope.MINT if", "Scope.POST if"),
    "the app of a client": instead("access/authentication.py", "if app not in client.apps:", "if False:"),
    "the end of a key": instead(
        "access/keys.py", "Q(revoked_on=None) & (Q(expires_on=None) | Q(expires_on__gt=Now()))", "Q(revoked_on=None)"
    ),
    "revocation": instead("access/keys.py", "Q(revoked_on=None) & (", "Q() & ("),
    "the minute of the last use": instead("access/keys.py", "filter(long_ago, pk=", "filter(pk="),
    "the cache of keys": instead("access/keys.py", "@cached(", "@(lambda *_, **__: lambda f: f)("),
    "the limit of clients": instead("access/throttling.py", "if view.window.exceeded:", "if False:"),
    "the limit of addresses": instead("api/middleware/address_limit.py", "if window.exceeded:", "if False:"),
    "the network of an address": instead(
        "api/middleware/address_limit.py", "if address and", "if False and address and"
    ),
    "the cut of a key in the log": instead(
        "observability/request_log.py", "without_keys(escape_uri_path(request.path))", "request.path"
    ),
    "the transaction of a statement": instead("postgresql/statement.py", "if database.autocommit:", "if True:"),
    "the repetition of a statement that is lost": instead(
        "postgresql/statement.py", "if not (self._prepares and", "if not (False and"
    ),
    "the check of an idle connection": [
        ("ledger_core/postgresql/base.py", "return not arrivals.poll(0)", "return True")
    ],
    "the server that is not reached": instead(
        "postgresql/statement.py",
        "return error if error.sqlstate else psycopg.OperationalError(*error.args)",
        "return error",
    ),
    "the end that NUL is to libpq": instead("postgresql/statement.py", 'if b"\\0" in written', "if False"),
    "the other writing of a field": instead("api/requests/decoding.py", 'b"\\\\" in body or ', ""),
    "TLS of the API": instead("speed/shortcut.py", "if settings.SECURE_SSL_REDIRECT and", "if False and"),
    "the Host of the API": instead("speed/shortcut.py", "        request.get_host()", "        #"),
    "the way of the API past sessions": instead("api/views.py", "skips_page_middleware = True", "pass"),
    "what a request leaves the garbage collector": instead(
        "api/views.py", "        break_cycles(self, request)", "        #"
    ),
}


def main() -> None:
    missed = [name for name in MUTATIONS if _matches(name) and not _failing(name)]
    if missed:
        raise SystemExit(f"No test fails without: {', '.join(missed)}")


def _matches(name: str) -> bool:
    return not sys.argv[1:] or any(word in name for word in sys.argv[1:])


def _failing(name: str) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="ledger-mutant-") as folder:
        mutant = Path(folder, "ledger")
        shutil.copytree(ROOT, mutant, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        for file, before, after in MUTATIONS[name]:
            _edit(mutant / file, before, after)
        failing = _run_tests(mutant)
    print(f"{'' if failing else 'MISSED: '}{name}", *failing, sep="\n    ", flush=True)  # noqa: T201
    return failing


def _edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text, (file, before)
    file.write_text(text.replace(before, after) if before else text + after)


def _run_tests(mutant: Path) -> list[str]:
    # Otherwise the comparison of the schema with its file would find any change of SQL, and no other test had to.
    _pytest(mutant, "ledger_core/tests/verification/test_database_schema.py", WRITE_DATABASE_SCHEMA="1")
    said = _pytest(mutant, *OPTIONS, "-k", f"not ({' or '.join(LEFT_OUT)})", *APPS)
    assert "passed" in said, said
    return sorted(set(re.findall(r"^(?:FAILED|ERROR) \S+?(\w+\.py::\w+)", said, re.MULTILINE)))


def _pytest(mutant: Path, *arguments: str, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=mutant,
        env=environment | {"LEDGER_ENV": "development"} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    return run.stdout + run.stderr


if __name__ == "__main__":
    main()
