"""The overview on the admin's front page: the last verification, and what was posted in the last days."""

from typing import Any

from django import template

from ledger_core.models import Verification
from ledger_core.queries.activity import activity

register = template.Library()


@register.inclusion_tag("admin/ledger_core/overview.html", takes_context=True)
def overview(context: dict[str, Any]) -> dict[str, Any]:
    """Show the last verification to users who may view accounts, and activity to users who may view entries."""
    user = context["user"]
    shown: dict[str, Any] = {}
    if user.has_perm("ledger_core.view_account"):
        shown["verified"] = Verification.objects.order_by("-pk").first() or False
    if user.has_perm("ledger_core.view_entry"):
        shown["activity"] = counted = activity()
        shown["most"] = max((line.entries for line in counted.lines or ()), default=0)
    return shown
