"""The header `Idempotency-Key`: another place for the nonce of a single post."""

import re

from django.http import HttpRequest

from ledger_core.errors import InvalidRequest
from ledger_core.values import Nonce, check

HEADER = "Idempotency-Key"
_META = "HTTP_IDEMPOTENCY_KEY"
# A string in quotes, as in draft-ietf-httpapi-idempotency-key-header (RFC 9651). Many clients send a bare text: that is
# accepted too, without quotes and commas. A comma also joins the values of a header that was sent twice.
_KEY = re.compile(r'"(?P<quoted>(?:[ !#-\[\]-~]|\\["\\])*)"|(?P<bare>[!#-+\--~](?:[ !#-+\--~]*[!#-+\--~])?)')


def nonce_of(request: HttpRequest, nonce: str | None) -> str:
    """Return the nonce of a post: the body's, or the one in the header.

    Raises InvalidRequest if neither has one, or if they differ.
    """
    if _META not in request.META:
        if nonce is None:
            raise InvalidRequest.of_field("nonce", f"Missing. Send it in the body, or as the header {HEADER}")
        return nonce
    key = _parsed(request.META[_META])
    if nonce is not None and nonce != key:
        raise InvalidRequest.of_field("nonce", f"It differs from the header {HEADER}. Send one of them")
    return key


def require_no_key(request: HttpRequest) -> None:
    """Raise InvalidRequest if the request has the header, which would be ignored."""
    if _META in request.META:
        raise InvalidRequest.of_field(HEADER, "A batch takes no such header: each item has a nonce")


def _parsed(text: str) -> str:
    found = _KEY.fullmatch(text)
    if not found:
        raise InvalidRequest.of_field(HEADER, 'Expected one text of printable ASCII characters, such as "order-1001"')
    key = found["bare"] or re.sub(r"\\(.)", r"\1", found["quoted"] or "")
    check(key, Nonce, HEADER)
    return key
