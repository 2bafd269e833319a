"""What the commands share: the kinds of their arguments, a progress bar, and how they report."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from django.core.management.base import CommandParser, OutputWrapper
from tqdm import tqdm

from ledger_core.values import Moment


def moment(text: str) -> datetime:
    return msgspec.convert(text, Moment)


def count(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def progress_bar(total: int, unit: str) -> "tqdm[Any]":
    """Return a progress bar on a terminal, and one that shows nothing elsewhere."""
    return tqdm(total=total, unit=f" {unit}", unit_scale=True, disable=None, leave=False)


def add_json(parser: CommandParser) -> None:
    parser.add_argument("--json", action="store_true", help="report in JSON")


def write_json(stdout: OutputWrapper, report: object) -> None:
    stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode())


@contextmanager
def one_line_for_files() -> Iterator[None]:
    """End with one line and code 1 where a file, or standard output, can be neither read nor written."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is not written at exit
        sys.exit(f"{error.strerror}: {error.filename or 'standard output'}")
