"""Balances: what an owner has."""

from ledger_core.errors import LedgerError
from ledger_core.models import Account
from ledger_core.values import OwnerId, check


class AccountNotFound(LedgerError):
    """The owner has no account: nothing was ever posted to it."""

    code = "account-not-found"
    status = 404
    title = "The owner has no account"


def account_of(owner_id: str) -> Account:
    """Return the owner's account, its balance in credits. Raises InvalidRequest or AccountNotFound."""
    check(owner_id, OwnerId, "owner_id")
    try:
        return Account.objects.get(owner_id=owner_id)
    except Account.DoesNotExist:
        raise AccountNotFound(f"{owner_id} has no account.") from None
