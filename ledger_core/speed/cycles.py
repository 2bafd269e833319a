"""References of a request and its view to themselves, which only the garbage collector could free."""

from django.views import View
from rest_framework.request import Request


def break_cycles(view: View, request: Request) -> None:
    """Remove these references at the end of a request, so that both objects are freed with the response.

    The context of DRF's parser holds the request that it belongs to, and Django's view holds its own method as `head`.
    """
    request.parser_context.clear()
    vars(view).pop("head", None)
