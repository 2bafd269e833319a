"""What the commands share: the kinds of their arguments, and a progress bar."""

from datetime import datetime
from typing import Any

import msgspec
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
