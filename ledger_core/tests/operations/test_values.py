"""The values of a request: an owner's id, a nonce, an amount, an entry's id. No database."""

from typing import Any, get_args, get_type_hints

import pytest

from ledger_core.api.requests.types import ItemRequest
from ledger_core.errors import InvalidRequest
from ledger_core.operations import drafts
from ledger_core.values import Amount, Nonce, OwnerId, check

BAD_TEXT = ["", "x" * 129, "a\x00", "a\nb", "a\n", "\t", "\x7f", "a\x85", 5, None, True, b"a"]


@pytest.mark.parametrize("value", ["a", "x" * 128, "Zoë 🎲", "' OR 1=1 --", "..a", " "])
@pytest.mark.parametrize("kind", [OwnerId, Nonce])
def test_plain_text_is_taken(value: str, kind: Any) -> None:
    check(value, kind, "field")


@pytest.mark.parametrize("value", BAD_TEXT)
@pytest.mark.parametrize("kind", [OwnerId, Nonce])
def test_text_that_is_empty_too_long_or_holds_control_characters_is_refused(value: object, kind: Any) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        check(value, kind, "field")
    assert refusal.value.data["errors"][0]["field"] == "field"


@pytest.mark.parametrize("value", ["a/b", "/", ".", ".."])
def test_an_owner_that_no_address_could_name_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequest, match="no slash"):
        check(value, OwnerId, "owner_id")
    check(value, Nonce, "nonce")


@pytest.mark.parametrize("value", [0, -1, 2**63, 1.0, "1", True, None])
def test_an_amount_that_is_no_positive_bigint_is_refused(value: object) -> None:
    with pytest.raises(InvalidRequest):
        check(value, Amount, "amount")


def test_decoding_checks_the_same_types_as_python_callers_values() -> None:
    """Posting does not check the API's values again."""
    checked, decoded = (get_type_hints(kind, include_extras=True) for kind in (drafts._Values, ItemRequest))
    assert checked.keys() == decoded.keys() - {"operation"}
    assert [name for name, kind in checked.items() if kind not in (decoded[name], get_args(decoded[name])[0])] == []
