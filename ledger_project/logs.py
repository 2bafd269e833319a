"""Logs: one line per record, as JSON for machines or as text for a terminal, and no key of a client in any of them."""

import logging
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.msgspec import MsgspecFormatter

from ledger_core.access.keys import without_keys


class KeylessFormatter(logging.Formatter):
    """Cuts keys from what is written: from the message, the traceback and all else, whichever library logged it."""

    def format(self, record: logging.LogRecord) -> str:
        return without_keys(super().format(record))


class KeylessJSONFormatter(KeylessFormatter, MsgspecFormatter):
    """The same as JSON."""


class TracebackFilter(logging.Filter):
    """Lets records with a traceback pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)


def logging_config(*, json: bool, tracing: bool) -> dict[str, Any]:
    """Return a dictConfig that logs to standard error, each record with the ids of its request and its trace."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "ledger_core.observability.request_log.RequestIdFilter"},
            "traceback": {"()": TracebackFilter},
            **({"trace_id": {"()": "ledger_project.tracing.TraceIdFilter"}} if tracing else {}),
        },
        "formatters": {
            "json": {
                "()": KeylessJSONFormatter,
                "fmt": ["asctime", "levelname", "name", "message", "request_id"],
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
                # Django adds the request to its records, and a request would be written with its address and query.
                "reserved_attrs": [*RESERVED_ATTRS, "request"],
            },
            "terminal": {
                "()": KeylessFormatter,
                "fmt": "%(asctime)s %(levelname)-7s %(message)s [%(request_id)s]",
                "datefmt": "%H:%M:%S",
            },
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json" if json else "terminal",
                "filters": ["request_id", *(["trace_id"] if tracing else [])],
            }
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Each request has its line already, with its id. What django.request adds is the traceback of a failure;
            # its lines without one are written when the id is gone.
            "django.request": {"level": "ERROR", "filters": ["traceback"]},
            # Anyone can send any Host; the request has its line.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Django's own handlers would write the same a second time.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
