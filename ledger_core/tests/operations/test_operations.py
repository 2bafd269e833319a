"""What operations are worth, and which ones an app has. No database."""

from typing import Any

import pytest

from ledger_core.errors import InvalidOperation, InvalidRequest
from ledger_core.operations import Operation, OperationSet, Plain, Reversal, SharedOperation
from ledger_core.operations.drafts import Draft, Item
from ledger_core.operations.frequency import Daily
from ledger_core.rules.availability import require_allowed
from ledger_core.tests.imaginary import ADD, CHESS, IMAGINARY, ChessOperation, ImaginaryOperation
from ledger_core.values import MAX_CREDITS


@pytest.mark.parametrize(
    ("operation", "value"),
    [
        (SharedOperation.DAILY_REWARD, 1),
        (SharedOperation.SIGNUP_CREDIT, 3),
        (SharedOperation.CREDIT_SPEND, -1),
        (SharedOperation.CREDIT_ADD, 10),
    ],
)
def test_shared_operations_have_their_values(operation: SharedOperation, value: int) -> None:
    assert operation.value == value


def test_an_app_has_the_shared_operations_and_its_own() -> None:
    assert list(IMAGINARY) == [*SharedOperation, *ImaginaryOperation]


def test_a_code_is_parsed_to_its_operation() -> None:
    assert IMAGINARY.parse("DUEL") is ImaginaryOperation.DUEL
    assert IMAGINARY.parse("CREDIT_ADD") is SharedOperation.CREDIT_ADD


@pytest.mark.parametrize("code", ["PURCHASE", "duel", "", "DUEL ", "__class__"])
def test_an_unknown_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidOperation, match=f"^Invalid operation: {code}$"):
        IMAGINARY.parse(code)


def test_another_apps_operation_of_the_same_code_is_not_in_the_set() -> None:
    assert ImaginaryOperation.DUEL in IMAGINARY
    assert ChessOperation.DUEL not in IMAGINARY  # type: ignore[operator]
    assert ChessOperation.DUEL in CHESS


def test_operations_of_equal_value_stay_apart() -> None:
    class Twins(Operation):
        FIRST = Plain(1, "The same.")
        SECOND = Plain(1, "The same.")

    assert [operation.code for operation in OperationSet("twins", Twins)][-2:] == ["FIRST", "SECOND"]


@pytest.mark.parametrize(
    ("operation", "amount", "delta"),
    [(ADD, 1, 10), (ADD, 3, 30), (ImaginaryOperation.DUEL, 3, -21), (ImaginaryOperation.CHAT, MAX_CREDITS, 0)],
)
def test_the_delta_is_value_times_amount(operation: Operation, amount: int, delta: int) -> None:
    assert operation.delta(amount) == delta


@pytest.mark.parametrize(
    ("operation", "amount"),
    [
        (ADD, 0),
        (ADD, -1),
        (ADD, MAX_CREDITS // 10 + 1),
        (ImaginaryOperation.DUEL, MAX_CREDITS // 7 + 1),
        (ImaginaryOperation.CHAT, MAX_CREDITS + 1),
        (SharedOperation.DAILY_REWARD, 2),
        (SharedOperation.SIGNUP_CREDIT, 2),
    ],
)
def test_an_amount_out_of_range_is_refused(operation: SharedOperation | ImaginaryOperation, amount: int) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        require_allowed(Draft.of(IMAGINARY, Item(operation, "alice", "1", amount), ""))
    assert refusal.value.data["errors"][0]["field"] == "amount"


def test_the_largest_amount_fits() -> None:
    assert ADD.delta(MAX_CREDITS // 10) == MAX_CREDITS // 10 * 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": 0.5},
        {"value": "5"},
        {"value": True},
        {"value": 2**63},
        {"max_amount": 0},
        {"max_amount": 1.5},
        {"frequency": Daily},
        {"frequency": "daily"},
        {"retired": 1},
    ],
    ids=str,
)
def test_a_kind_that_no_post_could_keep_to_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="Plain"):
        Plain(**{"value": 1, "description": "…", **wrong})


@pytest.mark.parametrize("wrong", [10, None, "DUEL", ImaginaryOperation.DUEL], ids=str)
def test_a_reversal_has_no_value_but_names_a_member(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"Reversal\(.*, …\): it has no value; name the member that it reverses"):
        Reversal(wrong, "…")


def test_a_reversal_keeps_to_the_rules_of_all_kinds() -> None:
    with pytest.raises(TypeError, match=r"Reversal\(…, max_amount=0\)"):
        Reversal(ImaginaryOperation.DUEL.kind, "…", max_amount=0)


def test_a_kind_without_a_name_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="Transfer: a kind sets `name`"):

        class Transfer(Plain):
            pass


def test_a_member_that_has_no_kind_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"a member is Plain\(value, description\)"):

        class WrongOperation(Operation):
            LOOT = 7
