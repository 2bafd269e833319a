"""Clients and their keys: what is stored of a key, two keys at a time, expiry, revocation, and the cache."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from ledger_core.access import clients, keys
from ledger_core.access.keys import InvalidKey, TooManyKeys, client_of, issue, revoke
from ledger_core.models import Client, Key, constraints
from ledger_core.operations import Scope
from ledger_core.tests.conftest import rejected_by

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    forget()


def forget() -> None:
    """Empty the cache of keys, which otherwise happens within CACHE_SECONDS."""
    keys._client_of_digest.cache_clear()


def create(name: str = "blog", **fields: object) -> str:
    given: dict[str, object] = {"apps": ["content"], "scopes": [Scope.READ], **fields}
    return clients.create(name, **given)  # type: ignore[arg-type]


def test_a_key_is_long_begins_with_its_prefix_and_only_its_hash_is_kept() -> None:
    key = create()
    kept = Key.objects.get()
    assert key.startswith(f"{kept.prefix}_")
    assert len(bytes.fromhex(key.rpartition("_")[2])) == 32
    assert bytes(kept.digest) == sha256(key.encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_key::text || ledger_client::text FROM ledger_key, ledger_client")
        assert key.rpartition("_")[2] not in cursor.fetchone()[0]


def test_keys_are_different() -> None:
    assert len({create(f"client-{n}") for n in range(20)}) == 20


def test_a_key_tells_its_client() -> None:
    key = create(apps=["content", "ecommerce"], scopes=[Scope.READ, Scope.MINT])
    client = client_of(key)
    assert (client.name, client.apps, client.scopes) == ("blog", ["content", "ecommerce"], ["read", "mint"])


@pytest.mark.parametrize(
    "change", [lambda key: key[:-1], lambda key: key + "0", str.upper, lambda key: "", lambda key: "é"]
)
def test_nothing_but_the_key_is_a_key(change: object) -> None:
    with pytest.raises(InvalidKey):
        client_of(change(create()))  # type: ignore[operator]


def test_a_key_in_use_costs_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    key = create()
    with django_assert_num_queries(2):  # one reads the key, one stores when it was used
        client_of(key)
    with django_assert_num_queries(0):
        client_of(key)


def test_its_last_use_is_written_once_a_minute(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    key = create()
    client_of(key)
    first = Key.objects.get().last_used_on
    assert first is not None
    forget()
    client_of(key)
    assert Key.objects.get().last_used_on == first

    Key.objects.update(last_used_on=timezone.now() - timedelta(seconds=61))
    forget()
    client_of(key)
    again = Key.objects.get().last_used_on
    assert again is not None
    assert again >= first


def test_a_second_key_is_good_beside_the_first_and_a_third_is_refused() -> None:
    first = create()
    client = Client.objects.get()
    second = issue(Key(client=client))
    assert client_of(first) == client_of(second) == client
    with pytest.raises(TooManyKeys, match="blog has two keys"):
        issue(Key(client=client))

    revoke(client.keys.filter(slot=1))
    third = issue(Key(client=client))
    assert client_of(third) == client


def test_an_expired_key_makes_room_for_another() -> None:
    past = timezone.now() - timedelta(seconds=1)
    create(expires_on=past)
    client = Client.objects.get()
    issue(Key(client=client, expires_on=past))
    issue(Key(client=client))


def test_the_database_refuses_a_third_key_of_racing_rotations() -> None:
    create()
    with rejected_by(constraints.KEY_SLOT_ONCE), transaction.atomic():
        Client.objects.get().keys.create(slot=1, prefix="p", digest=b"d")
    with rejected_by(constraints.KEY_SLOT_OF_TWO), transaction.atomic():
        Client.objects.get().keys.create(slot=3, prefix="p", digest=b"d")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"name": "blog"}, constraints.CLIENT_NAME_ONCE),
        ({"name": "a\nb"}, constraints.CLIENT_NAME_PLAIN),
        ({"name": ""}, constraints.CLIENT_NAME_PLAIN),
        ({"scopes": ["all"]}, constraints.CLIENT_SCOPES_KNOWN),
        ({"scopes": []}, constraints.CLIENT_SCOPES_KNOWN),
    ],
)
def test_the_database_refuses_what_no_client_can_be(fields: dict[str, Any], constraint: str) -> None:
    create()
    with rejected_by(constraint), transaction.atomic():
        Client.objects.create(**{"name": "shop", "apps": ["content"], "scopes": ["read"], **fields})


def test_the_database_refuses_one_key_for_two_clients() -> None:
    create()
    digest = Key.objects.get().digest
    create("shop")
    with rejected_by(constraints.KEY_DIGEST_ONCE), transaction.atomic():
        Client.objects.get(name="shop").keys.create(slot=2, prefix="p", digest=digest)


def test_an_expired_key_is_refused() -> None:
    key = create(expires_on=timezone.now() + timedelta(hours=1))
    assert client_of(key).name == "blog"
    Key.objects.update(expires_on=timezone.now())
    forget()
    with pytest.raises(InvalidKey):
        client_of(key)


def test_a_revoked_key_is_refused_and_stays_revoked_at_its_moment() -> None:
    key = create()
    keys = Key.objects.all()
    assert revoke(keys) == 1
    revoked_on = Key.objects.get().revoked_on
    assert revoke(keys) == 0
    assert Key.objects.get().revoked_on == revoked_on
    with pytest.raises(InvalidKey):
        client_of(key)


def test_guesses_do_not_drive_out_a_key_in_use(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    key = create()
    client_of(key)
    cache: Any = keys._client_of_digest.cache
    for guess in range(5):
        with pytest.raises(InvalidKey):
            client_of(str(guess))
    assert len(cache) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"apps": ["shop"]}, "No such app of the ledger: shop."),
        ({"apps": []}, "cannot be blank"),
        ({"scopes": []}, "cannot be blank"),
        ({"scopes": ["all"]}, constraints.CLIENT_SCOPES_KNOWN),
        ({"name": ""}, "cannot be blank"),
        ({"name": "a\nb"}, "no control characters"),
    ],
)
def test_a_client_that_could_do_nothing_or_what_is_not_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        create(**{"name": "blog", **fields})  # type: ignore[arg-type]
    assert not Client.objects.exists()


def test_a_name_is_of_one_client() -> None:
    create()
    with pytest.raises(ValidationError, match="with this Name already exists"):
        create()
