"""What mypy refuses: each `type: ignore` below is a mistake, and `warn_unused_ignores` fails where one passes.

Nothing here runs; it is checked by `make lint`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, assert_never, assert_type

    from content import ledger
    from content.operations import OPERATIONS as CONTENT
    from content.operations import ContentOperation
    from ecommerce.operations import OPERATIONS as ECOMMERCE
    from ecommerce.operations import EcommerceOperation
    from ledger_core.operations import Operation, OperationSet, Plain, Reversal, SharedOperation
    from ledger_core.plugins import LedgerApp
    from ledger_core.posting import Item, Posted, post
    from ledger_core.posting.single import post_item

    def an_app_posts_its_own_and_the_shared_operations() -> None:
        post(CONTENT, ContentOperation.CONTENT_ACCESS, owner_id="a", nonce="n")
        post(CONTENT, SharedOperation.CREDIT_ADD, owner_id="a", nonce="n")
        post_item(CONTENT, Item(ContentOperation.CONTENT_ACCESS, "a", "n"))
        assert_type(CONTENT.parse("CREDIT_ADD"), SharedOperation | ContentOperation)

    def another_apps_operation_is_refused() -> None:
        post(CONTENT, EcommerceOperation.PURCHASE, owner_id="a", nonce="n")  # type: ignore[misc]
        post(ECOMMERCE, ContentOperation.CONTENT_ACCESS, owner_id="a", nonce="n")  # type: ignore[misc]
        post_item(CONTENT, Item(EcommerceOperation.PURCHASE, "a", "n"))  # type: ignore[misc]
        EcommerceOperation.PURCHASE in CONTENT  # type: ignore[operator]  # noqa: B015

    def an_apps_ledger_takes_the_same() -> None:
        assert_type(ledger.post(ContentOperation.CONTENT_ACCESS, owner_id="a", nonce="n"), Posted)
        ledger.post(EcommerceOperation.PURCHASE, owner_id="a", nonce="n")  # type: ignore[arg-type]
        ledger.post("CREDIT_ADD", owner_id="a", nonce="n")  # type: ignore[arg-type]
        ledger.post(ContentOperation.CONTENT_ACCESS, owner_id="a")  # type: ignore[call-arg]
        ledger.post_batch([Item(EcommerceOperation.PURCHASE, "a", "n")])  # type: ignore[arg-type]

    def a_misspelt_member_is_refused() -> None:
        post(CONTENT, ContentOperation.CONTENT_CREATOIN, owner_id="a", nonce="n")  # type: ignore[attr-defined]

    def a_code_is_no_operation() -> None:
        post(CONTENT, "CREDIT_ADD", owner_id="a", nonce="n")  # type: ignore[arg-type]

    def one_set_is_neither_another_nor_a_base() -> None:
        wrong: OperationSet[EcommerceOperation] = CONTENT  # type: ignore[assignment]
        wider: OperationSet[Operation] = CONTENT  # type: ignore[assignment]
        del wrong, wider

    def shared_operations_cannot_be_extended() -> None:
        class More(SharedOperation):  # type: ignore[misc]
            EXTRA = Plain(1, "…")

    def a_value_is_credits(operation: ContentOperation) -> None:
        assert_type(operation.value, int | None)
        assert_type(operation.reversed_operation, ContentOperation | None)

    def a_plain_operation_has_whole_credits() -> None:
        Plain(0.5, "…")  # type: ignore[arg-type]

    def a_reversal_has_no_value_and_nothing_else_reverses() -> None:
        Reversal(+10, "…")  # type: ignore[arg-type]
        Reversal(Plain(-10, "…"), "…", value=+10)  # type: ignore[call-arg]
        Plain(+10, "…", reverses=Plain(-10, "…"))  # type: ignore[call-arg]

    def a_match_that_leaves_out_nothing_passes(operation: SharedOperation | ContentOperation) -> None:
        match operation:
            case SharedOperation():
                pass
            case ContentOperation.CONTENT_CREATION | ContentOperation.CONTENT_ACCESS | ContentOperation.TIP:
                pass
            case _:
                assert_never(operation)

    def a_match_that_leaves_one_out_is_refused(operation: SharedOperation | ContentOperation) -> None:
        match operation:
            case SharedOperation():
                pass
            case ContentOperation.CONTENT_CREATION:
                pass
            case _:
                assert_never(operation)  # type: ignore[arg-type]

    class WithoutSet(LedgerApp):
        operations = ContentOperation  # type: ignore[assignment]

    def any_apps_set_is_a_ledger_apps(app: LedgerApp) -> OperationSet[Any]:
        return app.operations
