"""Output of commands: progress bars, JSON, counts in words, and errors of files as one line."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from django.core.management.base import OutputWrapper
from tqdm import tqdm


def counted(number: int, one: str, many: str) -> str:
    """Return the number and the noun that goes with it: `1 entry`, `2 entries`."""
    return f"{number} {one if number == 1 else many}"


def progress_bar(total: int, unit: str) -> "tqdm[Any]":
    """Return a progress bar, which is only shown on a terminal."""
    return tqdm(total=total, unit=f" {unit}", unit_scale=True, disable=None, leave=False)


def write_json(stdout: OutputWrapper, report: object) -> None:
    """Write the report as indented JSON."""
    stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode())


@contextmanager
def one_line_for_files() -> Iterator[None]:
    """End the process with one line and exit code 1 if a file or standard output cannot be read or written."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        # Otherwise Python would flush standard output again at exit, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(f"{error.strerror}: {error.filename or 'standard output'}")
