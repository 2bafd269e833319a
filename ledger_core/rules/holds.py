"""The rule of holds: captures and releases take at most the units of a hold, and none after it has ended."""

from collections.abc import Mapping

from ledger_core.errors import LedgerError
from ledger_core.models import constraints
from ledger_core.operations.drafts import Draft, Drawing
from ledger_core.operations.endings import HoldEnd
from ledger_core.rules.rule import Explanations, Outcome


class HoldExceeded(LedgerError):
    """The hold has fewer units left than the capture asks for. `remaining` is how many."""

    code = "hold-exceeded"
    status = 409
    title = "Too few units are held"
    remedy = "Capture at most `remaining` units. Post the rest separately, or make another hold."
    members = {"remaining": 1}


class HoldCaptured(LedgerError):
    """The hold was captured, so nothing is left of it."""

    code = "hold-captured"
    status = 409
    title = "The hold was captured"
    remedy = (
        "If this is a retry, send the nonce of the first request. Otherwise read the hold with `GET /holds/{id}`: its "
        "captured units are posted, and the rest was released."
    )


class HoldReleased(LedgerError):
    """The hold was released, so nothing is left of it."""

    code = "hold-released"
    status = 409
    title = "The hold was released"
    remedy = "Make another hold, or post the operation without one. The credits may have been spent since."


class HoldExpired(LedgerError):
    """The hold has expired, so nothing is left of it."""

    code = "hold-expired"
    status = 409
    title = "The hold has expired"
    remedy = "Make another hold, or post the operation without one. The credits may have been spent since."


_ENDS: Mapping[str, type[LedgerError]] = {
    HoldEnd.HOLD_RELEASE.code: HoldReleased,
    HoldEnd.HOLD_EXPIRY.code: HoldExpired,
}


def _not_drawable(draft: Draft, outcome: Outcome) -> LedgerError:
    """Return the error of a capture or release that takes more units than the hold has left."""
    drawing = draft.hold
    assert isinstance(drawing, Drawing)  # noqa: S101
    if outcome.ended_by is None:
        detail = f"Units left in hold {drawing.hold}: {outcome.remaining} of {outcome.amount}."
        return HoldExceeded(detail, remaining=outcome.remaining)
    error = _ENDS.get(outcome.ended_by, HoldCaptured)
    ended = str(error.title).removeprefix("The hold ")
    return error(f"Hold {drawing.hold} {ended}, so nothing is left of it.")


# For captures and releases. Reversals have the same constraint.
EXPLANATIONS: Explanations = {constraints.REMAINING_NOT_NEGATIVE: _not_drawable}
