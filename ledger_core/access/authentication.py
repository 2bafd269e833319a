"""Authentication by API key, as a bearer token (RFC 6750), and the permissions of clients."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ledger_core.access.key_form import is_key
from ledger_core.access.keys import InvalidKey, client_of
from ledger_core.errors import LedgerError
from ledger_core.models import Client
from ledger_core.operations import Scope


def _challenge(details: str = "") -> dict[str, str]:
    return {"WWW-Authenticate": f'Bearer realm="ledger"{details}'}


class Unauthenticated(LedgerError):
    """This request needs an API key. Send Authorization: Bearer ledger_…"""

    code = "unauthenticated"
    status = 401
    title = "An API key is required"
    remedy = "Send an API key. The operator issues keys with `manage.py ledgerclient create` or in the admin."

    def headers(self) -> dict[str, str]:
        return _challenge()


class KeyRefused(Unauthenticated):
    """The key is unknown, revoked or expired."""

    code = "key-refused"
    title = "The key is not valid"
    remedy = (
        "Check that the key is complete. If it is, ask the operator for a new one (`manage.py ledgerclient rotate`)."
    )

    def headers(self) -> dict[str, str]:
        return _challenge(', error="invalid_token"')


class OtherApp(LedgerError):
    """The client has no access to this app."""

    code = "other-app"
    status = 403
    title = "No access to this app"
    remedy = "Use the key of a client of this app, or ask the operator to add the app to this client."


class MissingScope(LedgerError):
    """The client does not have the scope that this request needs. `scope` is its name."""

    code = "missing-scope"
    status = 403
    title = "A scope is missing"
    remedy = "Use the key of a client with this scope, or ask the operator to give the scope to this client."
    members = {"scope": "mint"}

    @classmethod
    def of(cls, client: Client, scope: Scope) -> "MissingScope":
        return cls(f"{client} does not have the scope {scope}.", scope=scope)

    def headers(self) -> dict[str, str]:
        scope = self.data.get("scope", "")
        return _challenge(f', error="insufficient_scope", scope="{scope}"')


class KeyAuthentication(BaseAuthentication):
    """Sets the user of the request to the client whose key it has."""

    def authenticate(self, request: Request) -> tuple[Client, None]:
        key = _key_of(request.META.get("HTTP_AUTHORIZATION", ""))
        try:
            return client_of(key), None
        except InvalidKey:
            raise (KeyRefused.by_docstring() if is_key(key) else KeyRefused(_NO_KEY)) from None


_NO_KEY = "This is not a key of this service. A key is ledger_, 8 characters, _, and 64 characters, each 0-9 or a-f."


def _key_of(authorization: str) -> str:
    """Return the key in the header. Raises Unauthenticated, without the header's text, which may hold a key."""
    scheme, _, key = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        detail = "The Authorization header does not have the scheme Bearer. Send Authorization: Bearer ledger_…"
        raise Unauthenticated(detail) if scheme else Unauthenticated.by_docstring()
    if not key.strip():
        raise Unauthenticated(
            "The Authorization header has no key after Bearer. Send the key; check that its variable is set."
        )
    return key.strip()


class OfTheApp(BasePermission):
    """Accepts clients of the app, for reading only with the scope `read`. Views check the scope of what is posted."""

    def has_permission(self, request: Request, view: Any) -> bool:
        client: Any = request.user
        app = view.operations.app
        if app not in client.apps:
            raise OtherApp(f"{client} is a client of {', '.join(client.apps) or 'no app'}, not of {app}.")
        if request.method != "POST":
            require(client, Scope.READ)
        return True


def require(client: Client, scope: Scope) -> None:
    """Raise MissingScope unless the client has the scope."""
    if scope not in client.scopes:
        raise MissingScope.of(client, scope)
