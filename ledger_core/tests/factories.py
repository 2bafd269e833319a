"""Requests to post, each with an owner and a nonce that no other test uses."""

from typing import Any

from factory.base import DictFactory
from factory.declarations import Sequence


class PostBody(DictFactory):
    """The body of POST ledger."""

    operation = "CREDIT_ADD"
    owner_id = Sequence("owner-{}".format)
    nonce = Sequence("nonce-{}".format)
    amount = 1


class PostCall(DictFactory):
    """The keyword arguments of `posting.post`."""

    owner_id = Sequence("owner-{}".format)
    nonce = Sequence("nonce-{}".format)


def post_body(**fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = PostBody.build(**fields)
    return body


def post_call(**fields: Any) -> dict[str, Any]:
    call: dict[str, Any] = PostCall.build(**fields)
    return call
