"""Settings: outside development nothing is assumed that would not be safe. No database."""

from pathlib import Path

import pytest

from ledger_project.tests.conftest import ROOT, Project

PRODUCTION = {
    "LEDGER_ENV": "production",
    "SECRET_KEY": "x" * 60,
    "ALLOWED_HOSTS": "ledger.example",
    "DATABASE_URL": "postgresql:///none",
}


def settings(expression: str, **changes: str) -> str:
    """Return what an expression over the settings is, or the error that they end with."""
    done = Project(ROOT).command("-c", f"from ledger_project.settings import *\nprint({expression})", **changes)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
@pytest.mark.parametrize("env", ["production", ""])
def test_nothing_starts_without_what_only_its_operator_knows(name: str, env: str) -> None:
    said = settings("DEBUG", **{**PRODUCTION, "LEDGER_ENV": env, name: ""})
    assert f"Set {name} or {name}_FILE. On your own machine" in said


def test_a_secret_can_be_in_a_file(folder: Path) -> None:
    (folder / "secret").write_text("y" * 60 + "\n")
    assert settings("SECRET_KEY", **PRODUCTION, SECRET_KEY_FILE=str(folder / "secret")) == "y" * 60


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("DEBUG", "False"),
        ("[SESSION_COOKIE_SECURE, CSRF_COOKIE_SECURE, SECURE_SSL_REDIRECT]", "[True, True, True]"),
        ("[SECURE_HSTS_SECONDS >= 31_536_000, SECURE_HSTS_INCLUDE_SUBDOMAINS]", "[True, True]"),
        ("{RATE_LIMIT, ADDRESS_RATE_LIMIT}", "{Rate(requests=1000, seconds=1)}"),
        ("REST_FRAMEWORK['NUM_PROXIES']", "0"),
    ],
)
def test_what_is_not_said_is_safe(expression: str, value: str) -> None:
    assert settings(expression, **PRODUCTION) == value


MISSPELLED = {
    "LEDGER_ENV": "Production",
    "LEDGER_RATE_LIMIT": "fast",
    "LEDGER_ADDRESS_RATE_LIMIT": "0/s",
    "LEDGER_PROXIES": "x",
    "SECURE_SSL_REDIRECT": "yes",
    "REDIS_URL": "localhost:6379",
    "DATABASE_URL": "postgres//ledger",
    "SECRET_KEY_FILE": "/nowhere",
}
MISSPELLED_FOR_GUNICORN = {
    "WEB_CONCURRENCY": "0",
    "WEB_THREADS": "abc",
    "STATEMENT_TIMEOUT": "10 seconds",
    "RELOAD": "true",
}


@pytest.mark.parametrize(("name", "value"), MISSPELLED.items())
@pytest.mark.parametrize("program", ["manage.py check", "-c import ledger_project.wsgi"], ids=["manage.py", "wsgi"])
def test_a_misspelled_setting_is_one_line_that_names_it(program: str, name: str, value: str) -> None:
    done = Project(ROOT).command(*program.split(maxsplit=1), **{**PRODUCTION, name: value})
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"{name}: ")
    assert line.endswith("See docs/settings.md.")


@pytest.mark.parametrize(("name", "value"), {**MISSPELLED, **MISSPELLED_FOR_GUNICORN}.items())
def test_gunicorn_does_not_start_with_a_misspelled_setting(name: str, value: str) -> None:
    command = ["-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "ledger_project.wsgi"]
    done = Project(ROOT).command(*command, **{**PRODUCTION, "BIND": "127.0.0.1:0", name: value})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith(f"{name}: ")


def database(url: str, expression: str, **changes: str) -> str:
    return settings(f"DATABASES['default']{expression}", **{**PRODUCTION, "DATABASE_URL": url, **changes})


def test_the_url_of_the_database_is_what_libpq_reads() -> None:
    hosts = "postgresql://u:p%27q@one:5432,two:5433/ledger?target_session_attrs=read-write&connect_timeout=1"
    assert database(hosts, "['HOST'], DATABASES['default']['PORT']") == "one,two 5432,5433"
    assert database(hosts, "['PASSWORD']") == "p'q"
    assert database(hosts, "['OPTIONS']['target_session_attrs']") == "read-write"
    assert database(hosts, "['OPTIONS']['connect_timeout']") == "1"


def test_a_url_that_libpq_cannot_read_is_told_without_its_password() -> None:
    said = database("postgresql://u:s3cr3t@host:many/x?nonsense=1", "['HOST']")
    assert "DATABASE_URL: libpq cannot read it" in said
    assert "s3cr3t" not in said


@pytest.mark.parametrize("given", [{"PGOPTIONS": "-c work_mem=5MB"}, {}])
def test_options_are_added_to_those_of_the_service(given: dict[str, str]) -> None:
    url = "postgresql:///none" if given else "postgresql:///none?options=-c%20work_mem%3D5MB"
    served = {"LEDGER_SERVING": "1", "STATEMENT_TIMEOUT": "9s", "LOCK_TIMEOUT": "", **given}
    options = database(url, "['OPTIONS']['options']", **served)
    assert options.endswith("-c work_mem=5MB")
    assert "-c statement_timeout=9s" in options
    assert "-c lock_timeout=2s" in options
    assert "-c search_path=public" in options


def test_commands_take_as_long_as_they_need_whatever_the_role_sets() -> None:
    options = database("postgresql:///none", "['OPTIONS']['options']", STATEMENT_TIMEOUT="9s")
    assert "-c statement_timeout=0 -c lock_timeout=0" in options
