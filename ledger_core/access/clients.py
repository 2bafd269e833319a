"""Clients of the API: how they are created, each with its first key."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from ledger_core.access.keys import issue
from ledger_core.models import Client, Key
from ledger_core.operations import Scope


def create(name: str, apps: Sequence[str], scopes: Sequence[Scope], expires_on: datetime | None = None) -> str:
    """Create a client and return its first key, which cannot be read again. Raises Django's ValidationError."""
    client = Client(name=name, apps=apps, scopes=scopes)
    client.full_clean()
    with transaction.atomic():
        client.save()
        return issue(Key(client=client, expires_on=expires_on))
