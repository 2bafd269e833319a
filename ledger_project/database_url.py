"""Connections to PostgreSQL: DATABASE_URL, settings of each session, and time-outs for hosts that do not respond."""

from collections.abc import Mapping
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from ledger_project import environment

# The SQL and psycopg depend on these, so they replace the settings of the server, the database and the role.
# `default_transaction_read_only` is not one of them: an operator can set it to make the service read-only.
SESSION = {
    "default_transaction_isolation": "read committed",
    "search_path": "public",
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
}

# Time-outs for a host that stops responding, after a power cut or because of a firewall: 10 seconds if it does not
# acknowledge what was sent, 11 seconds (5 + 3 × 2) while waiting for a response. Unix sockets ignore them.
_TIMEOUTS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,  # milliseconds
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


def session_of_service() -> dict[str, str]:
    """Return the settings of sessions that serve requests: SESSION, and limits to how long a request waits."""
    statement = environment.duration("STATEMENT_TIMEOUT", "10s")
    return SESSION | {
        "statement_timeout": statement,
        # Much shorter, so that a locked account is not mistaken for a slow server and does not block a thread for long.
        "lock_timeout": environment.duration("LOCK_TIMEOUT", "2s"),
        # A transaction whose thread or client is gone must not keep an account locked.
        "idle_in_transaction_session_timeout": statement,
    }


def session_of_command() -> dict[str, str]:
    """Return the settings of sessions of commands: SESSION, and no time-outs, even if the role has some."""
    unbounded = {name: "0" for name in session_of_service() if name not in SESSION}
    return SESSION | unbounded


def database(url: str, session: Mapping[str, str]) -> dict[str, Any]:
    """Return Django's settings of a database. libpq reads the URL, so everything that libpq supports can be in it.

    The settings of the session are combined with `?options=` or PGOPTIONS; if both have a setting, the one in
    `?options=` or PGOPTIONS is used. Raises ValueError for a URL that libpq cannot read.
    """
    try:
        parts: dict[str, Any] = {**conninfo_to_dict(url)}
    except ProgrammingError:  # the error's text can contain the password
        raise ValueError("libpq cannot read it: expected postgresql://user:password@host/name") from None
    given = parts.pop("options", None) or environment.text("PGOPTIONS")
    options = " ".join(f"-c {name}={_escaped(value)}" for name, value in session.items())
    return {
        "ENGINE": "ledger_core.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": _TIMEOUTS | parts | {"options": f"{options} {given}".strip()},
    }


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
