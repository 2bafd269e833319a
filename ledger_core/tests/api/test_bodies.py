"""Rejected bodies: the problem document lists each wrong field, and always has a reason. No database."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.api.requests.decoding import decode
from ledger_core.api.requests.types import BatchRequest, ItemRequest
from ledger_core.errors import InvalidRequest

FINE = {"operation": '"CREDIT_ADD"', "owner_id": '"alice"', "nonce": '"1"', "amount": "1"}
DEEP = "[" * 20_000 + "]" * 20_000
AT_FAULT = {
    "NaN": '"amount": NaN',
    "minus infinity": '"amount": -Infinity',
    "past a float": '"amount": 1e400',
    "a float": '"amount": 1.0',
    "an exponent": '"amount": 1e0',
    "past a bigint": '"amount": 9223372036854775808',
    "past any number": f'"amount": {"9" * 5000}',
    "below any number": f'"amount": -{"9" * 5000}',
    "true": '"amount": true',
    "null": '"amount": null',
    "deep nesting": f'"amount": {DEEP}',
    "deep nesting in an unknown field": f'"amount": 1, "amounts": {DEEP}',
    "brackets in a text": '"amount": "[[[[[[[["',
    "twice": '"amount": 1, "amount": 1',
    "twice and of a wrong type": '"amount": "x", "amount": 1',
    "twice by an escape": r'"amount": 1, "am\u006funt": 1',
    "a lone surrogate": r'"owner_id": "\ud800"',
    "half a pair": r'"owner_id": "\ud83d"',
    "the wrong half": r'"nonce": "\udc00"',
    "an object": '"nonce": {"nonce": "1"}',
    "an unknown field": '"Amount": 1',
    "a field without a name": '"": 1',
    "a field of a lone surrogate": r'"\ud800": 1',
}
NOT_AT_FAULT = {
    "a list": b"[]",
    "a number": b"1",
    "nothing": b"null",
    "a text": b'"text"',
    "NaN": b"NaN",
    "white space": b" \n",
    "cut off": b'{"operation": "CREDIT_ADD"',
    "cut off within a text": b'{"operation": "CREDIT_',
    "cut off within an escape": b'{"operation": "\\u00',
    "with more behind": b"{} and more",
    "two": b"{}{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "not UTF-8": b"\xff",
    "deep and not closed": b'{"operation": ' + b"[" * 40_000,
    "a comma at its end": b'{"amount": 1,}',
    "a leading zero": b'{"amount": 01}',
    "single quotes": b"{'amount': 1}",
}


def rejection(body: bytes, kind: type[msgspec.Struct] = ItemRequest) -> tuple[list[str], str]:
    """Return the fields that the problem document lists, and its detail."""
    with pytest.raises(InvalidRequest) as caught:
        decode(body, kind)
    errors = caught.value.data.get("errors", [])
    assert all(error["detail"] for error in errors)
    assert caught.value.detail.strip(" .")
    msgspec.json.encode((caught.value.detail, errors))  # the error can be encoded
    return [error["field"] for error in errors], caught.value.detail


def with_member(member: str) -> str:
    """Return a valid request with one member replaced by the given one, which begins with its name."""
    name = member.partition(":")[0].strip('"')
    return "{" + ", ".join([*(f'"{key}": {value}' for key, value in FINE.items() if key != name), member]) + "}"


def field_of(member: str) -> str:
    (name,) = json.loads("{" + member.partition(": ")[0] + ": 1}")
    return str(name).encode(errors="backslashreplace").decode()


@pytest.mark.parametrize("member", AT_FAULT.values(), ids=AT_FAULT)
def test_the_field_at_fault_is_named(member: str) -> None:
    field = "amounts" if "amounts" in member else field_of(member)
    assert rejection(with_member(member).encode())[0] == [field]


@pytest.mark.parametrize("member", AT_FAULT.values(), ids=AT_FAULT)
def test_in_a_batch_it_is_named_with_its_place(member: str) -> None:
    fine = with_member('"amount": 1')
    field = "amounts" if "amounts" in member else field_of(member)
    body = f'{{"entries": [{fine}, {fine}, {fine}, {with_member(member)}]}}'
    assert rejection(body.encode(), BatchRequest)[0] == [f"entries[3].{field}"]


@pytest.mark.parametrize("body", NOT_AT_FAULT.values(), ids=NOT_AT_FAULT)
def test_a_body_without_fields_gets_a_reason(body: bytes) -> None:
    fields, detail = rejection(body)
    assert fields == []
    assert len(detail) < 300


def test_bytes_that_are_not_utf_8_are_named_by_their_field() -> None:
    for wrong in (b"\xff", b"\xed\xa0\x80", b"\xc3"):
        assert rejection(with_member('"nonce": "?"').encode().replace(b"?", wrong))[0] == ["nonce"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"entries": []}', ["entries"]),
        ('{"entries": {}}', ["entries"]),
        ('{"entries": null}', ["entries"]),
        ('{"entries": [1, [], null, NaN]}', ["entries[0]", "entries[1]", "entries[2]", "entries[3]"]),
        ('{"entries": [{}], "entries": [{}]}', ["entries"]),
        ("{}", ["entries"]),
        (f'{{"entries": [{", ".join([with_member(chr(34) + "nonce" + chr(34) + ": 1")] * 1001)}]}}', None),
    ],
)
def test_a_batch_that_is_no_list_of_objects_is_rejected(body: str, fields: list[str] | None) -> None:
    named = rejection(body.encode(), BatchRequest)[0]
    assert named == fields if fields is not None else len(named) == 20


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"entries": [' + b"{}," * 100_000 + b"{}]}", ["entries[0]"]),
        (b'{"entries": [' + b"1," * 100_000 + b"1]}", ["entries[0]"]),
        (b'{"entries": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ["entries[0]"]),
        (b"{" + b",".join(b'"%d":1,"%d":1' % (n, n) for n in range(100_000)) + b"}", []),
    ],
)
def test_of_a_body_larger_than_any_request_only_the_first_mistake_is_looked_for(body: bytes, fields: list[str]) -> None:
    """Listing the others would take seconds of CPU."""
    assert rejection(body, BatchRequest)[0] == fields


def test_many_repeated_fields_are_found_in_one_pass() -> None:
    body = "{" + ", ".join(f'"{n}": 1, "{n}": 1' for n in range(20_000)) + "}"  # 40,000² comparisons would take minutes
    assert len(rejection(body.encode())[0]) == 20


def test_every_mistake_is_named_at_once() -> None:
    body = '{"amount": "x", "amount": 1, "nonce": NaN, "reverses": 0, "z": 1, "b": 2}'
    assert rejection(body.encode())[0] == ["operation", "owner_id", "nonce", "amount", "reverses", "z", "b"]


# The same bodies, checked twice: by the service, and by the rules in plain Python.

TEXTS = st.text(max_size=3) | st.sampled_from(["CREDIT_ADD", "alice", ".", "..", "a/b", "x" * 128, "x" * 129, "a\n"])
TOKENS = st.one_of(
    st.sampled_from(["NaN", "Infinity", "1.0", "1e400", "true", "null", "[]", "{}", "[NaN]", '"\\ud800"', "01", "-0"]),
    st.integers().map(str),
    st.sampled_from([1, 2**63 - 1, 2**63, 2**64]).map(str),
    TEXTS.map(json.dumps),
    TEXTS.map(lambda text: json.dumps(text, ensure_ascii=False)),
)
NAMES = st.sampled_from([*FINE, *FINE, "reverses", "extra", r"am\u006funt"])
MEMBERS = st.lists(st.tuples(NAMES, TOKENS), max_size=3)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    members = [*FINE.items()][: draw(st.integers(2, 4))]
    replaced = draw(MEMBERS)
    if draw(st.booleans()):  # otherwise fields are repeated
        members = [(name, token) for name, token in members if name not in dict(replaced)]
    text = "{" + ", ".join(f'"{name}": {token}' for name, token in [*members, *replaced]) + "}"
    body = text.encode(errors="surrogatepass")
    cut = draw(st.just(len(body)) | st.integers(0, len(body)))
    return body[:cut] + draw(st.sampled_from([b"", b"", b"", b" ", b"x", b"\xff"]))


def is_accepted(body: bytes) -> bool:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        document = json.loads(body.decode(), object_pairs_hook=unique, parse_constant=refuse)
    except ValueError:
        return False
    return (
        isinstance(document, dict)
        and document.keys() <= {*FINE, "reverses"}
        and document.keys() >= {"operation", "owner_id", "nonce"}
        and isinstance(document["operation"], str)
        and is_plain(document["operation"], least=0, most=10**9, controls=True)
        and is_plain(document["nonce"])
        and is_plain(document["owner_id"])
        and document["owner_id"] not in (".", "..")
        and "/" not in document["owner_id"]
        and is_positive(document.get("amount", 1))
        and (document.get("reverses") is None or is_positive(document["reverses"]))
    )


def is_positive(number: object) -> bool:
    return type(number) is int and 1 <= number < 2**63


def is_plain(text: object, least: int = 1, most: int = 128, *, controls: bool = False) -> bool:
    if not isinstance(text, str) or not least <= len(text) <= most:
        return False
    codes = [ord(character) for character in text]
    if any(0xD800 <= code < 0xE000 for code in codes):
        return False
    return controls or not any(code < 0x20 or 0x7F <= code < 0xA0 for code in codes)


@given(bodies())
def test_a_body_is_accepted_or_its_mistakes_are_named(body: bytes) -> None:
    if is_accepted(body):
        decode(body, ItemRequest)
        return
    fields, _ = rejection(body)
    try:
        document = json.loads(body.decode(errors="surrogateescape"))
    except ValueError:
        return
    assert fields or not isinstance(document, dict)
