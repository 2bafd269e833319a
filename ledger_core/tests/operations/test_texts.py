"""Texts that users chose, as pages show them: no two look the same, and none changes the text around it."""

from unicodedata import bidirectional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.texts import as_html, as_text, escaped

ISOLATES = "\u2068\u2069"


@pytest.mark.parametrize(
    "text",
    ["alice", "a b", "ann@example.org", "a/b:c_d-1", "josé", "用户1", "ユーザーabc", "алиса", "علي", "नमस्ते", "x" * 128],
)
def test_a_word_of_one_script_is_shown_as_it_is(text: str) -> None:
    assert escaped(text) == text
    assert as_html(text) == f"<bdi>{text}</bdi>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ann\u202e06", r"ann\u202e06"),  # reverses the direction of what follows
        ("\u2067ann", r"\u2067ann"),
        ("an\u200dn", r"an\u200dn"),  # no width
        ("an\u200bn", r"an\u200bn"),
        ("ann\ufeff", r"ann\ufeff"),
        ("an\u00adn", r"an\u00adn"),
        ("an\u034fn", r"an\u034fn"),
        ("ann\ufe0f", r"ann\ufe0f"),
        ("\u3164", r"\u3164"),
        ("a\u00a0b", r"a\u00a0b"),  # another space
        ("a\u2003b", r"a\u2003b"),
        ("a\u2028b", r"a\u2028b"),
        (" ann", r"\u0020ann"),
        ("ann ", r"ann\u0020"),
        ("a  b", r"a\u0020\u0020b"),
        (" ", r"\u0020"),
        ("ann\x85", r"ann\u0085"),
        ("a\nb", r"a\u000ab"),
        ("ann\ue000", r"ann\ue000"),  # private use, and unassigned
        ("ann\u0378", r"ann\u0378"),
        ("\u0301ann", r"\u0301ann"),  # a mark without a letter
        ("jose\u0301", r"jose\u0301"),  # josé in another form
        ("\u212bngstrom", r"\u212bngstrom"),
        ("ａnn", r"\uff41nn"),
        ("\u0430nn", r"\u0430nn"),  # a Cyrillic а
        ("ann\u2010b", r"ann\u2010b"),  # another hyphen
        ("\U0001f600", r"\ud83d\ude00"),
        ("ann\U000e0061", r"ann\udb40\udc61"),
        ("a\\u202eb", r"a\\u202eb"),  # an escape that the user wrote
    ],
)
def test_what_could_be_mistaken_is_written_as_in_json(text: str, shown: str) -> None:
    assert escaped(text) == as_text(text) == shown
    assert as_html(text) in (f"<bdi>{text}</bdi> <code>{shown}</code>", f"<bdi>{text}</bdi>")
    assert ("<code>" in as_html(text)) == ("\\" not in text)


def test_html_in_a_text_is_no_html() -> None:
    assert as_html("<b>\u202e") == r"<bdi>&lt;b&gt;" + "\u202e" + r"</bdi> <code>&lt;b&gt;\u202e</code>"
    assert as_html("") == ""


def test_a_title_is_read_in_its_order_whatever_the_text() -> None:
    assert as_text("علي") == "\u2068علي\u2069"


# With many misleading characters.
TEXTS = st.text(st.characters(codec="utf-16") | st.sampled_from("a \\u0\u202e\u200d\u0301\u0430\u05d0é"), max_size=8)


@given(TEXTS, TEXTS)
def test_two_texts_never_have_the_same_escaped_form(one: str, other: str) -> None:
    assert (escaped(one) == escaped(other)) == (one == other)


@given(TEXTS)
def test_no_text_turns_or_hides_what_stands_around_it(text: str) -> None:
    shown = as_text(text)
    inside = shown.strip(ISOLATES)
    turning = {bidirectional(char) for char in inside}
    assert not turning & {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN", "B", "S"}
    assert not turning & {"R", "AL", "AN"} or shown == f"\u2068{inside}\u2069"
