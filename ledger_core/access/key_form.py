"""The form of API keys: the prefix ledger_1a2b3c4d, which may be shown, _, and 256 random bits. Pure Python."""

import re
import secrets
from hashlib import sha256

_KEY = re.compile(r"ledger_[0-9a-f]{8}_[0-9a-f]{64}")
_IN_TEXT = re.compile(r"(ledger_[0-9a-f]{8})_[0-9a-f]+")  # also a truncated key


def new_key() -> str:
    return f"ledger_{secrets.token_hex(4)}_{secrets.token_hex(32)}"


def prefix_of(key: str) -> str:
    """Return the part of the key that identifies it and gives no access."""
    return key.rpartition("_")[0]


def is_key(text: str) -> bool:
    """Return whether the text has the form of a key. Only the database knows whether the key is valid."""
    return _KEY.fullmatch(text) is not None


def digest_of(key: str) -> bytes:
    """Return the hash that is stored for the key.

    A fast hash is safe here: nobody can guess 256 random bits, at any speed. Passwords need a slow one.
    """
    return sha256(key.encode()).digest()


def without_keys(text: str) -> str:
    """Return the text for a log, with each key reduced to its prefix."""
    # Every request logs two texts, and few have a key: `re` would prepare the template for each of them.
    return _IN_TEXT.sub(r"\1_…", text) if "ledger_" in text else text
