"""Logs: one line per record, as JSON or, on a terminal, as text. API keys are removed from all of them."""

import logging
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.msgspec import MsgspecFormatter

from ledger_core.access.key_form import without_keys


class KeylessFormatter(logging.Formatter):
    """Removes API keys from the complete output: message, traceback and other fields, of any library."""

    def format(self, record: logging.LogRecord) -> str:
        return without_keys(super().format(record))


class KeylessJSONFormatter(KeylessFormatter, MsgspecFormatter):
    """Does the same for JSON."""


class TracebackFilter(logging.Filter):
    """Passes only records with a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)


def logging_config(*, json: bool, tracing: bool) -> dict[str, Any]:
    """Return a dictConfig that logs to standard error; records have the ids of their request and, if traced, trace."""
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
                # Django adds the request to its records; without this, its address and query would be logged.
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
            # request_log writes a line for each request. Of django.request only the tracebacks of failures are needed:
            # its other lines come too late to have the request's id.
            "django.request": {"level": "ERROR", "filters": ["traceback"]},
            # Anyone can send any Host header; request_log has a line for it.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Django's own handlers would write each record a second time.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
