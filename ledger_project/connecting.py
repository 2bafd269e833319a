"""How the project connects: DATABASE_URL, the settings that a session needs, and how long it waits for a host."""

from collections.abc import Mapping
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from ledger_project import environment

# What the SQL and psycopg depend on, whatever the server, the database or the role set. Not `read_only`: a server that
# is set to it must stay so.
SESSION = {
    "default_transaction_isolation": "read committed",
    "search_path": "public",
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
}

# A host that goes silent (a power cut, a firewall) is given up after this: ten seconds while something was sent and
# not acknowledged, eleven while an answer is awaited. Unix sockets need none of it.
_SILENT_HOST = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,  # milliseconds
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


def session_of_service() -> dict[str, str]:
    """Return the settings of a session that answers requests: SESSION, and bounds on what a request waits for."""
    statement = environment.duration("STATEMENT_TIMEOUT", "10s")
    return SESSION | {
        "statement_timeout": statement,
        # Well below, so a locked account is told apart from a slow server, and holds a thread for a short time only.
        "lock_timeout": environment.duration("LOCK_TIMEOUT", "2s"),
        # A transaction whose thread or client has gone must not hold an account.
        "idle_in_transaction_session_timeout": statement,
    }


def session_of_command() -> dict[str, str]:
    """Return the settings of a command's session, which takes as long as it needs, whatever the role sets."""
    unbounded = {name: "0" for name in session_of_service() if name not in SESSION}
    return SESSION | unbounded


def database(url: str, session: Mapping[str, str]) -> dict[str, Any]:
    """Return Django's settings of a database. libpq reads the URL, so all that libpq knows works, such as many hosts.

    The session's settings are added to `?options=` (or PGOPTIONS), which goes first where both name a setting. Raises
    ValueError for a URL that libpq cannot read.
    """
    try:
        parts: dict[str, Any] = {**conninfo_to_dict(url)}
    except ProgrammingError:  # its text can quote the password
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
        "OPTIONS": _SILENT_HOST | parts | {"options": f"{options} {given}".strip()},
    }


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
