"""Mistakes of callers that mypy must reject: if it accepts one, `warn_unused_ignores` fails.

Nothing here runs; it is checked by `make lint`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import datetime
    from typing import assert_type

    from shared_ledger import AsyncLedger, Balance, Entry, Item, Ledger, Posted

    def answers_are_typed(ledger: Ledger, at: datetime) -> None:
        assert_type(ledger.post("CREDIT_ADD", owner_id="a", nonce="n"), Posted)
        assert_type(ledger.balance("a", at=at), Balance)
        assert_type(ledger.balance("a").updated_on, datetime)
        assert_type(ledger.entries("a"), Iterator[Entry])

    async def and_so_are_awaited_ones(ledger: AsyncLedger) -> None:
        assert_type(await ledger.post("CREDIT_ADD", owner_id="a", nonce="n"), Posted)
        assert_type(ledger.entries("a"), AsyncIterator[Entry])

    def a_post_without_a_nonce_is_refused(ledger: Ledger) -> None:
        ledger.post("CREDIT_ADD", owner_id="a")  # type: ignore[call-arg]
        Item(operation="CREDIT_ADD", owner_id="a")  # type: ignore[call-arg]

    def moments_are_datetimes(ledger: Ledger) -> None:
        ledger.balance("a", at="2026-11-24")  # type: ignore[arg-type]

    def what_is_awaited_is_no_answer_yet(ledger: AsyncLedger) -> None:
        ledger.balance("a").balance  # type: ignore[attr-defined]  # noqa: B018
