"""`manage.py ledgerclient`"""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ledger_core.access import keys
from ledger_core.models import Client, Key

pytestmark = pytest.mark.django_db


def ledgerclient(*arguments: str) -> str:
    output = StringIO()
    call_command("ledgerclient", *arguments, stdout=output, stderr=StringIO())
    return output.getvalue()


def create(*more: str) -> str:
    return ledgerclient("create", "blog", "--app=content", "--app=ecommerce", "--scope=read", *more).strip()


def test_create_prints_the_key_and_nothing_else() -> None:
    client = keys.client_of(create())
    assert (client.name, client.apps, client.scopes) == ("blog", ["content", "ecommerce"], ["read"])
    assert Key.objects.get().expires_on is None


def test_a_key_can_have_an_end() -> None:
    create("--days=90")
    expires_on = Key.objects.get().expires_on
    assert expires_on is not None
    left = expires_on - timezone.now()
    assert timedelta(days=89) < left <= timedelta(days=90)


def test_rotate_then_revoke_the_first() -> None:
    first = create()
    prefix = Key.objects.get().prefix
    second = ledgerclient("rotate", "blog").strip()
    assert first != second
    assert (
        ledgerclient("revoke", "blog", prefix)
        == "Revoked 1 key. The service rejects a revoked key after at most 5 seconds.\n"
    )
    assert keys.client_of(second).name == "blog"
    with pytest.raises(keys.InvalidKey):
        keys.client_of(first)


def test_revoke_without_a_prefix_is_of_all_keys() -> None:
    create()
    ledgerclient("rotate", "blog")
    assert "Revoked 2 keys." in ledgerclient("revoke", "blog")


def test_list_shows_everything_but_keys() -> None:
    key = create()
    ledgerclient("rotate", "blog", "--days=1")
    keys.client_of(key)
    listed = ledgerclient("list")
    assert "blog  apps: content, ecommerce  scopes: read" in listed
    assert key[:15] in listed
    assert key not in listed
    assert "good  last used: 20" in listed
    assert "expires on 20" in listed
    assert "last used: never" in listed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "blog", "--app=shop", "--scope=read"], "invalid choice: 'shop'"),
        (["create", "blog", "--app=content", "--scope=all"], "invalid choice: 'all'"),
        (["create", "blog", "--app=content"], "required: --scope"),
        (["create", "taken", "--app=content", "--scope=read"], "already exists"),
        (["create", "blog", "--app=content", "--scope=read", "--days=0"], "--days"),
        (["rotate", "nobody"], "no client nobody"),
        (["rotate", "taken"], "has two keys"),
        (["revoke", "taken", "ledger_0"], "no such key"),
        (["drop"], "invalid choice"),
        ([], "required"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(arguments: list[str], message: str) -> None:
    ledgerclient("create", "taken", "--app=content", "--scope=read")
    ledgerclient("rotate", "taken")
    with pytest.raises(CommandError, match=message):
        ledgerclient(*arguments)
    assert Client.objects.count() == 1
    assert Key.objects.filter(revoked_on=None).count() == 2
