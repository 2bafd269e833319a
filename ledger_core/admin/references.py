"""Links between entries: to the entry that one reverses, to its reversals; and the reasons for corrections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Max
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledger_core.models import Entry
from ledger_core.operations.corrections import CORRECTIONS

# Before each reason in the admin's history, because Django reads a text that begins with a bracket as JSON.
REASON = "Reason: "


@dataclass(frozen=True, slots=True)
class References:
    """Links and texts of one entry for a page; each can be empty."""

    reversed_entry: SafeString | str = ""
    reversed_by: SafeString | str = ""
    reason: str = ""


def entries_url(**query: object) -> str:
    """Return the address of the list of entries with this query."""
    return f"{reverse('admin:ledger_core_entry_changelist')}?{urlencode(query)}"


def entry_link(pk: int) -> SafeString:
    """Return a link to the page of an entry."""
    return format_html('<a href="{}">entry {}</a>', reverse("admin:ledger_core_entry_change", args=[pk]), pk)


def references_of(owner_id: str, entries: Sequence[Entry]) -> Mapping[int, References]:
    """Return the references of an owner's entries, by entry id. Makes two queries, however many entries there are."""
    reversals, reasons = reversals_of(owner_id, entries), reasons_of(entries)
    return {
        entry.pk: References(
            reversed_entry=entry_link(entry.reverses_id) if entry.reverses_id else "",
            reversed_by=reversals.get(entry.pk, ""),
            reason=reasons.get(entry.pk, ""),
        )
        for entry in entries
    }


def reversals_of(owner_id: str, entries: Sequence[Entry]) -> dict[int, SafeString]:
    """Return links to the reversals of an owner's entries, by the id of the reversed entry.

    An entry can have as many reversals as it has units. The link leads to the reversal if there is one, and to a list
    if there are more.
    """
    of = Entry.objects.filter(owner_id=owner_id, reverses_id__in=[entry.pk for entry in entries])
    counted = of.values_list("reverses_id").annotate(Count("pk"), Max("pk"))
    return {
        pk: entry_link(newest)
        if count == 1
        else format_html('<a href="{}">{} entries</a>', entries_url(owner=owner_id, reverses=pk), count)
        for pk, count, newest in counted
    }


def reasons_of(entries: Sequence[Entry]) -> dict[int, str]:
    """Return the reasons for those of the entries that are corrections, by entry id."""
    corrections = [str(entry.pk) for entry in entries if entry.app == CORRECTIONS.app]
    if not corrections:
        return {}
    of_entries = ContentType.objects.get_for_model(Entry)
    logged = LogEntry.objects.filter(content_type=of_entries, object_id__in=corrections)
    return {int(log.object_id or 0): log.change_message.removeprefix(REASON) for log in logged}
