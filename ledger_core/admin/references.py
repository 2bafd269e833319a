"""What entries refer to: the entry that one reverses, those that reverse it, and why a correction was posted."""

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

# Begins what the admin keeps of a correction: Django would read a reason that begins with a bracket as JSON.
REASON = "Reason: "


@dataclass(frozen=True, slots=True)
class References:
    """Links and texts for a page; empty where there is nothing."""

    reverses: SafeString | str = ""
    reversed_by: SafeString | str = ""
    reason: str = ""


def entries_url(**query: object) -> str:
    return f"{reverse('admin:ledger_core_entry_changelist')}?{urlencode(query)}"


def entry_link(pk: int) -> SafeString:
    return format_html('<a href="{}">entry {}</a>', reverse("admin:ledger_core_entry_change", args=[pk]), pk)


def references_of(owner_id: str, entries: Sequence[Entry]) -> Mapping[int, References]:
    """Return what each of an owner's entries refers to, by its id, with two queries for all of them."""
    reversals, reasons = reversals_of(owner_id, entries), reasons_of(entries)
    return {
        entry.pk: References(
            reverses=entry_link(entry.reverses_id) if entry.reverses_id else "",
            reversed_by=reversals.get(entry.pk, ""),
            reason=reasons.get(entry.pk, ""),
        )
        for entry in entries
    }


def reversals_of(owner_id: str, entries: Sequence[Entry]) -> dict[int, SafeString]:
    """Return a link to what reverses each of an owner's entries, by its id, for those that were reversed.

    An entry can be reversed in as many parts as it has units: one is a link to it, and more to a list of them.
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
    """Return why each of the entries that are corrections was posted, by its id."""
    corrections = [str(entry.pk) for entry in entries if entry.app == CORRECTIONS.app]
    if not corrections:
        return {}
    of_entries = ContentType.objects.get_for_model(Entry)
    logged = LogEntry.objects.filter(content_type=of_entries, object_id__in=corrections)
    return {int(log.object_id or 0): log.change_message.removeprefix(REASON) for log in logged}
