"""Links between entries: to the entry that one reverses, to its reversals; and the reasons for corrections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Max
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledger_core.models import Entry
from ledger_core.operations.corrections import CORRECTIONS
from ledger_core.operations.endings import LotEnd


@dataclass(frozen=True, slots=True)
class References:
    """Links and texts of one entry for a page; each can be empty."""

    reversed_entry: SafeString | str = ""
    reversed_by: SafeString | str = ""
    hold: SafeString | str = ""
    other_side: SafeString | str = ""
    reason: str = ""


def entries_url(**query: object) -> str:
    """Return the address of the list of entries with this query."""
    return f"{reverse('admin:ledger_core_entry_changelist')}?{urlencode(query)}"


def entry_link(pk: int) -> SafeString:
    """Return a link to the page of an entry."""
    return format_html('<a href="{}">entry {}</a>', reverse("admin:ledger_core_entry_change", args=[pk]), pk)


def references_of(owner_id: str, entries: Sequence[Entry]) -> Mapping[int, References]:
    """Return the references of an owner's entries, by entry id. Makes one query, however many entries there are."""
    reversals = reversals_of(owner_id, entries)
    return {
        entry.pk: References(
            reversed_entry=entry_link(entry.reverses) if entry.reverses else "",
            reversed_by=reversals.get(entry.pk, ""),
            hold=entry_link(entry.hold) if entry.hold else "",
            other_side=entry_link(entry.transfer) if entry.transfer else "",
            reason=reason_of(entry),
        )
        for entry in entries
    }


def reversals_of(owner_id: str, entries: Sequence[Entry]) -> dict[int, SafeString]:
    """Return links to the reversals of an owner's entries, by the id of the reversed entry.

    An entry can have as many reversals as it has units. The link leads to the reversal if there is one, and to a list
    if there are more.
    """
    of = Entry.objects.filter(owner_id=owner_id, reverses__in=[entry.pk for entry in entries])
    counted = of.values_list("reverses").annotate(Count("pk"), Max("pk"))
    return {
        pk: entry_link(newest)
        if count == 1
        else format_html('<a href="{}">{} entries</a>', entries_url(owner=owner_id, reverses=pk), count)
        for pk, count, newest in counted
    }


def reason_of(entry: Entry) -> str:
    """Return the reason that staff gave for an entry. Empty for other entries."""
    by_staff = entry.app == CORRECTIONS.app or entry.operation == LotEnd.CREDIT_EXPIRY.code
    return (entry.metadata or {}).get("reason", "") if by_staff else ""
