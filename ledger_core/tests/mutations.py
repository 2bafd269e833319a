"""`make mutations`: remove one guard at a time, in a copy of the project, and show which tests fail.

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
MIGRATION, POST = "ledger_core/sql/migrations/0002_rules.sql", "ledger_core/sql/post.sql"
BATCH = "ledger_core/sql/migrations/0008_reversals.sql"
LAST_MIGRATION = "ledger_core/migrations/0006_moments.py"
OPTIONS = ["-q", "-n", "2", "--tb=no", "-p", "no:cacheprovider"]
APPS = ["ledger_core", "content", "ecommerce"]
LEFT_OUT = [
    "test_every_named_constraint",
    "test_every_constraint_of",
    "test_every_unique",
    "test_migrations_go_back",
    "known_again",
]

Edits = list[tuple[str, str, str]]  # file, text to replace ("" for the end of the file), replacement

READ_THEN_WRITE: Edits = [
    (
        "ledger_core/postgresql/statement.py",
        "        database = connections[DEFAULT_DB_ALIAS]\n",
        """\
        database = connections[DEFAULT_DB_ALIAS]
        if self._name.startswith(b"ledger_post_") and b"batch" not in self._name:
            from psycopg.types.numeric import Int8
            values = {name: Int8(value) if isinstance(value, int) else value for name, value in parameters.items()}
            with database.cursor() as cursor:
                cursor.execute("SELECT balance, seq, head FROM ledger_account WHERE owner_id = %(owner_id)s", values)
                statement = self.text
                if (read := cursor.fetchone()) is not None:
                    values |= {"b": Int8(read[0]), "s": Int8(read[1]), "h": read[2]}
                    for column, name in (("balance", "b::bigint"), ("seq", "s::bigint"), ("head", "h::bytea")):
                        statement = statement.replace(f"a.{column}", f"%({name.replace('::', ')s::')}")
                cursor.execute(statement, values)
                return cursor.fetchall()
""",
    )
]
HASH = "sha256(previous || convert_to("


def without(name: str) -> Edits:
    drop = f"ALTER TABLE ledger_{name.split('_')[1]} DROP CONSTRAINT {name} CASCADE"
    if name in (constraints.CLAIM_ONCE, constraints.KEY_SLOT_ONCE):  # of some rows only, so it is an index
        drop = f"DROP INDEX {name}"
    return [(LAST_MIGRATION, "", f"\nMigration.operations.append(migrations.RunSQL({drop!r}, ''))\n")]


def instead(file: str, before: str, after: str) -> Edits:
    return [(f"ledger_core/{file}", before, after)]


MUTATIONS: Mapping[str, Edits] = {
    **{name: without(name) for key, name in vars(constraints).items() if key.isupper()},
    "the append-only trigger": [(MIGRATION, "", "\nDROP TRIGGER ledger_entry_append_only ON ledger_entry;\n")],
    "the row lock: read, then write": READ_THEN_WRITE,
    "the row lock and the sequence": READ_THEN_WRITE + without(constraints.SEQUENCE),
    "the hash of the entry before": [
        ("ledger_core/sql/migrations/0001_books.sql", HASH, "sha256(''::bytea || convert_to(")
    ],
    "the nonce in the hash": [
        ("ledger_core/sql/migrations/0001_books.sql", "balance_after, nonce,", "balance_after, '',")
    ],
    "time that does not go back": [
        (POST, "updated_on = greatest(a.updated_on, excluded.updated_on)", "updated_on = excluded.updated_on")
    ],
    "the balance that is proposed": [(POST, "greatest(delta, 0)", "delta")],
    "the reversed entry's operation": [(POST, "operation = %(reversed_operation)s AND", "")],
    "the reversed entry's app": [(POST, " AND app = %(app)s\n    AND", "\n    AND")],
    "the units of the reversed entry": [(POST, " AND amount >= %(amount)s", "")],
    "the period of a claim": [(MIGRATION, "to_char(moment AT TIME ZONE 'UTC', period)", "period")],
    "the order of a batch's locks": [
        (
            BATCH,
            """FROM jsonb_to_recordset(items) AS item (owner_id text)
    ORDER BY 1""",
            """FROM ROWS FROM (jsonb_to_recordset(items) AS (owner_id text))
    WITH ORDINALITY AS item (owner_id, position)
    GROUP BY owner_id ORDER BY min(position)""",
        ),
        (BATCH, "SELECT DISTINCT owner_id", "SELECT owner_id"),
    ],
    "a batch's locks": [
        (BATCH, "ON CONFLICT (owner_id) DO UPDATE SET seq = a.seq;", "ON CONFLICT (owner_id) DO NOTHING;")
    ],
    "the least of a batch's reversals": [
        (BATCH, "min(coalesce(reversed_amount, 0))", "max(coalesce(reversed_amount, 0))")
    ],
    "what is before a moment": instead("sql/migrations/0006_moments.sql", ") < moment THEN", ") <= moment THEN"),
    "the upper half of a history": instead("sql/migrations/0006_moments.sql", "low := middle", "low := high"),
    "the look for the nonce after any refusal": [
        (
            "ledger_core/posting/single.py",
            "earlier = earlier_entries([draft]).get(draft.identity)",
            "earlier = earlier_entries([draft]).get(draft.identity) if is_nonce_used(error) else None",
        ),
        ("ledger_core/posting/single.py", "import difference\n", "import difference, is_nonce_used\n"),
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
    print(f"{'' if failing else 'MISSED: '}{name}: {len(failing)}", *failing[:4], sep="\n    ", flush=True)  # noqa: T201
    return failing


def _edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text, (file, before)
    file.write_text(text.replace(before, after) if before else text + after)


def _run_tests(mutant: Path) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, "-k", f"not ({' or '.join(LEFT_OUT)})", *APPS],
        cwd=mutant,
        env=environment | {"LEDGER_ENV": "development"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "passed" in run.stdout, run.stdout + run.stderr
    return sorted(set(re.findall(r"^(?:FAILED|ERROR) \S+?(\w+\.py::\w+)", run.stdout, re.MULTILINE)))


if __name__ == "__main__":
    main()
