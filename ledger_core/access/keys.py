"""API keys: how they are issued, revoked, and found by their hash."""

from datetime import timedelta
from threading import Lock

from cachetools import TTLCache, cached
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from ledger_core.access.key_form import digest_of, new_key, prefix_of
from ledger_core.models import Client, Key, constraints
from ledger_core.postgresql.errors import constraint_of
from ledger_core.postgresql.outages import outage_of

# How long a process caches the client of a key. A process may accept a revoked key for as long.
CACHE_SECONDS = 5
# More than the keys that are used in that time. Each further key would cost an additional query now and then.
_CACHED_KEYS = 10_000
GOOD = Q(revoked_on=None) & (Q(expires_on=None) | Q(expires_on__gt=Now()))
_LAST_USE_IS_WRITTEN = timedelta(minutes=1)


class InvalidKey(Exception):
    """The key is unknown, revoked or expired."""


class TooManyKeys(Exception):
    """The client already has two keys."""

    def __init__(self, client: Client) -> None:
        super().__init__(f"{client} has two keys: revoke the one that is no longer used.")


def issue(key: Key) -> str:
    """Save a new key of its client and return its text, which cannot be read again. Raises TooManyKeys.

    The client's older key stays valid until it is revoked, so that the client can change from one to the other.
    """
    of_client = Key.objects.filter(client=key.client)
    revoke(of_client.filter(expires_on__lte=Now()))
    taken = of_client.filter(revoked_on=None).values_list("slot", flat=True)
    key.slot = 2 if 1 in taken else 1
    text = new_key()
    key.prefix, key.digest = prefix_of(text), digest_of(text)
    try:
        with transaction.atomic():
            key.save()
    except IntegrityError as error:
        if constraint_of(error) == constraints.KEY_SLOT_ONCE:
            raise TooManyKeys(key.client) from None
        raise
    return text


def revoke(keys: QuerySet[Key]) -> int:
    """Revoke the keys that are not revoked yet, and return how many. They are rejected within CACHE_SECONDS."""
    return keys.filter(revoked_on=None).update(revoked_on=Now())


def client_of(key: str) -> Client:
    """Return the client of the key, without a query if the key is cached. Raises InvalidKey."""
    return _client_of_digest(digest_of(key))


# Keys are looked up by their complete hash. The duration reveals nothing about other keys, since nobody can choose a
# hash. Rejected keys are not cached, so that guesses cannot displace the keys in use.
@cached(TTLCache(_CACHED_KEYS, CACHE_SECONDS), lock=Lock())
def _client_of_digest(digest: bytes) -> Client:
    try:
        key = Key.objects.select_related("client").get(GOOD, digest=digest)
    except Key.DoesNotExist:
        raise InvalidKey from None
    _note_use(key)
    return key.client


def _note_use(key: Key) -> None:
    """Store when the key was last used. On a read-only server this is skipped, so that reads succeed there."""
    long_ago = Q(last_used_on=None) | Q(last_used_on__lt=Now() - _LAST_USE_IS_WRITTEN)
    try:
        Key.objects.filter(long_ago, pk=key.pk).update(last_used_on=Now())
    except DatabaseError as error:
        if outage_of(error) is None:
            raise
