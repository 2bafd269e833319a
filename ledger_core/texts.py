"""How pages show texts that users chose: an owner's id, a nonce, the name of a client.

Two different texts must look different, and no text may change the order in which the text around it is read. A text
can hold characters that change the reading direction (U+202E), that have no width, or that look like others.
"""

import re
from itertools import pairwise
from unicodedata import bidirectional, category, is_normalized, name

from django.utils.html import format_html
from django.utils.safestring import SafeString

_ODD_SPACES = re.compile(r"^ +| +$| {2,}")
# Letters and marks that are invisible: joiners and fillers of Hangul and Khmer, and selectors of variants.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
# Scripts that one word can mix with each other, and with Latin.
_MIXED_IN_WORDS = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def escaped(text: str) -> str:
    r"""Return the text with misleading characters escaped as in JSON: `ann\u202e`.

    No two texts have the same escaped form, so a backslash is doubled. Words of a single script are not escaped,
    although a word of Cyrillic letters can look like one of Latin letters.
    """
    text = _ODD_SPACES.sub(lambda spaces: _escape(spaces[0]), text.replace("\\", r"\\"))
    readable = _is_ascii if _is_doubtful(text) else _is_readable
    return "".join(char if readable(char) else _escape(char) for char in text)


def as_text(text: str) -> str:
    """Return the escaped text for places without HTML: titles, messages, choices of a form."""
    shown = escaped(text)
    if any(bidirectional(char) in {"R", "AL", "AN"} for char in shown):
        return f"{_FIRST_STRONG_ISOLATE}{shown}{_POP_ISOLATE}"
    return shown


def as_html(text: str) -> SafeString | str:
    """Return the text in an HTML element, followed by its escaped form if the text is misleading."""
    shown = escaped(text)
    if shown == text.replace("\\", r"\\"):
        return format_html("<bdi>{}</bdi>", text) if text else ""
    return format_html("<bdi>{}</bdi> <code>{}</code>", text, as_text(text))


def _is_ascii(char: str) -> bool:
    return " " <= char <= "~"


def _is_readable(char: str) -> bool:
    """Return whether the character is a visible letter, digit or mark of any script."""
    return _is_ascii(char) or (category(char)[0] in "LNM" and not _UNSEEN.match(char))


def _is_doubtful(text: str) -> bool:
    """Return whether the text has another form that looks the same, mixes scripts, or has marks without a letter."""
    return (
        not is_normalized("NFKC", text)
        or len(_scripts(text) - _MIXED_IN_WORDS) > 1
        or any(category(mark)[0] == "M" and category(before)[0] not in "LNM" for before, mark in pairwise(f" {text}"))
    )


def _scripts(text: str) -> set[str]:
    """Return the scripts of the letters and digits, by the first word of their names: LATIN. ASCII digits have none."""
    letters = (char for char in text if char.isalnum() and not (char.isascii() and char.isdigit()))
    return {re.split("[ -]", name(char, ""))[0] for char in letters}


def _escape(text: str) -> str:
    return re.sub("....", r"\\u\g<0>", text.encode("utf-16-be", "surrogatepass").hex())
