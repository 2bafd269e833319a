"""Reads settings from environment variables. A missing or invalid one ends the process with one line that names it.

Imports only the standard library, because gunicorn.conf.py uses it before Django is loaded.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def text(name: str, default: str = "", *, form: str = ".*", like: str = "") -> str:
    """Return the value of a variable, or the default if the variable is unset or empty.

    The value must match the regular expression `form`; `like` describes that form in the error message.
    """
    value = os.environ.get(name) or default
    if not re.fullmatch(form, value):
        raise invalid(name, f"{value!r} is not {like}.")
    return value


def integer(name: str, default: int, *, least: int = 0, most: int = 10**9) -> int:
    """Return the value of a variable as an integer from `least` to `most`."""
    value = int(text(name, str(default), form="[0-9]{1,9}", like="a whole number"))
    if value < least:
        raise invalid(name, f"{value} is less than {least}.")
    if value > most:
        raise invalid(name, f"{value} is more than {most}.")
    return value


def boolean(name: str, *, default: bool) -> bool:
    """Return whether a variable is 1; 0 is False."""
    return text(name, str(int(default)), form="[01]", like="1 or 0") == "1"


def duration(name: str, default: str) -> str:
    """Return the value of a variable as a duration in the form that PostgreSQL reads, such as `10s`."""
    return text(name, default, form="[1-9][0-9]*(ms|s|min)", like="a time like 500ms, 10s or 1min")


def parsed(name: str, default: str, parse: Callable[[str], T]) -> T:
    """Return `parse(value)`. The message of its ValueError is shown, so it must not contain a secret."""
    try:
        return parse(os.environ.get(name) or default)
    except ValueError as error:
        raise invalid(name, str(error)) from None


def secret(name: str) -> str:
    """Return the content of the file that `{name}_FILE` names, or else the value of the variable."""
    file = os.environ.get(f"{name}_FILE")
    try:
        return Path(file).read_text().strip() if file else os.environ.get(name, "")
    except (OSError, UnicodeDecodeError) as error:
        raise invalid(f"{name}_FILE", f"{file} cannot be read: {error}.") from None


def invalid(name: str, reason: str) -> SystemExit:
    """Return an exception that ends the process with one line and no traceback, in gunicorn and in commands."""
    return SystemExit(f"{name}: {reason} See docs/settings.md.")
