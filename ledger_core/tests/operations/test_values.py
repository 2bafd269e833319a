"""What an owner's id, a nonce and an amount may be. No database."""

from typing import Any

import pytest

from ledger_core.errors import InvalidRequest
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
