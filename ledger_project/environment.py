"""Reads settings from the environment. A missing or misspelled one ends the process with one line that names it.

Only the standard library: gunicorn.conf.py reads its settings here before Django is loaded.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def text(name: str, default: str = "", *, form: str = ".*", like: str = "") -> str:
    """Return a variable that matches the regular expression `form`, or the default if it is unset or empty."""
    value = os.environ.get(name) or default
    if not re.fullmatch(form, value):
        raise invalid(name, f"{value!r} is not {like}.")
    return value


def integer(name: str, default: int, *, least: int = 0) -> int:
    value = int(text(name, str(default), form="[0-9]{1,9}", like="a whole number"))
    if value < least:
        raise invalid(name, f"{value} is less than {least}.")
    return value


def boolean(name: str, *, default: bool) -> bool:
    return text(name, str(int(default)), form="[01]", like="1 or 0") == "1"


def duration(name: str, default: str) -> str:
    return text(name, default, form="[1-9][0-9]*(ms|s|min)", like="a time like 500ms, 10s or 1min")


def parsed(name: str, default: str, parse: Callable[[str], T]) -> T:
    """Return what `parse` makes of a variable. The message of its ValueError is shown, so it may not quote a secret."""
    try:
        return parse(os.environ.get(name) or default)
    except ValueError as error:
        raise invalid(name, str(error)) from None


def secret(name: str) -> str:
    """Return a variable, or the content of the file that `{name}_FILE` names; platforms mount secrets as files."""
    file = os.environ.get(f"{name}_FILE")
    try:
        return Path(file).read_text().strip() if file else os.environ.get(name, "")
    except (OSError, UnicodeDecodeError) as error:
        raise invalid(f"{name}_FILE", f"{file} cannot be read ({error}).") from None


def invalid(name: str, reason: str) -> SystemExit:
    """Return the exception that ends a process with this line and no traceback, whoever loads the settings."""
    return SystemExit(f"{name}: {reason} See docs/settings.md.")
