"""Whatever path writes an entry, the row is the same, and has the hash that anybody can compute from it."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from ledger_core.import_export.records import Record
from ledger_core.models import ENTRY_COLUMNS, Entry
from ledger_core.operations import SharedOperation
from ledger_core.posting import Item, post, post_batch
from ledger_core.posting.single import post_item
from ledger_core.posting.trying import try_item, try_items
from ledger_core.tests.imaginary import IMAGINARY, ImaginaryOperation

# What differs between two entries of the same request for two owners, and what a dry run does not know.
OWN = {"id", "owner_id", "batch", "created_on", "hash"}

plain = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=128)
free = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=60)
keys = st.from_regex(r"[A-Za-z0-9_.-]{1,40}", fullmatch=True)
requests = st.fixed_dictionaries(
    {
        "operation": st.sampled_from(
            [SharedOperation.CREDIT_ADD, SharedOperation.DAILY_REWARD, ImaginaryOperation.CHAT]
        ),
        "nonce": plain,
        "reference": st.none() | plain,
        "metadata": st.none() | st.dictionaries(keys, free, max_size=8),
    }
)


class Paths(TransactionTestCase):
    @settings(max_examples=60, deadline=None)
    @given(request=requests, client=st.just("") | plain)
    def test_the_row_is_the_same(self, request: dict[str, Any], client: str) -> None:
        def item(owner_id: str) -> Item[Any]:
            return Item(
                request["operation"], owner_id, request["nonce"], 1, None, request["reference"], request["metadata"]
            )

        dry = [
            try_item(IMAGINARY, item("dry"), client=client).entry,
            try_items(IMAGINARY, [item("dry")], client=client)[0].entry,
        ]
        with transaction.atomic():
            post_item(IMAGINARY, item("in a transaction"), client=client)
        post(IMAGINARY, **request, owner_id="python", client=client)
        post_item(IMAGINARY, item("single"), client=client)
        post_batch(IMAGINARY, [item("batch"), item("of two")], client=client)

        written = list(Entry.objects.all())
        assert len(written) == 5
        first, *others = map(contents, [*dry, *written])
        assert others == [first] * 6
        for entry in written:
            assert Record.of(entry).chained_to(b"").hex() == bytes(entry.hash).hex()


def contents(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ENTRY_COLUMNS.split(", ") if name not in OWN}


@pytest.mark.django_db
def test_the_entries_of_a_batch_have_its_number() -> None:
    items = [Item(SharedOperation.CREDIT_ADD, owner, nonce) for owner in ("alice", "bob") for nonce in "12"]
    batches = {posted.entry.batch for posted in post_batch(IMAGINARY, items)}
    assert len(batches) == 1
    assert not Entry.objects.filter(pk__in=[number or 0 for number in batches]).exists()
    assert post(IMAGINARY, SharedOperation.CREDIT_ADD, owner_id="alice", nonce="3").entry.batch is None
