"""What a client's key looks like: ledger_1a2b3c4d_, which may be shown, and 256 random bits. Pure Python."""

import re
import secrets
from hashlib import sha256

_KEY = re.compile(r"ledger_[0-9a-f]{8}_[0-9a-f]{64}")
_IN_TEXT = re.compile(r"(ledger_[0-9a-f]{8})_[0-9a-f]+")  # also one that was cut off


def new_key() -> str:
    return f"ledger_{secrets.token_hex(4)}_{secrets.token_hex(32)}"


def prefix_of(key: str) -> str:
    """Return the part of the key that tells it from others, and opens nothing."""
    return key.rpartition("_")[0]


def is_key(text: str) -> bool:
    """Tell whether the text is written as a key is; whether the key is good, only the database knows."""
    return _KEY.fullmatch(text) is not None


def digest_of(key: str) -> bytes:
    """Return the hash by which the key is known again.

    A plain one: 256 random bits cannot be guessed at any speed, and need not be slowed down as passwords do.
    """
    return sha256(key.encode()).digest()


def without_keys(text: str) -> str:
    """Return the text, for a log, with each key in it cut to its prefix."""
    # Few texts have one, and every request logs two texts: without this look, `re` prepares the template first.
    return _IN_TEXT.sub(r"\1_…", text) if "ledger_" in text else text
