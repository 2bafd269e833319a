"""Django's signal receivers that every request calls to no effect."""

from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import reset_queries


def disconnect_unused_receivers() -> None:
    """Disconnect what clears the list of queries, which only DEBUG keeps, and what closes caches: there are none."""
    request_started.disconnect(reset_queries)
    request_finished.disconnect(close_caches)
