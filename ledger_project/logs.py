"""Logs: one line per record, as JSON for machines or as text for a terminal."""

from typing import Any


def logging_config(*, json: bool, tracing: bool) -> dict[str, Any]:
    """Return a dictConfig that logs to standard error, each record with the ids of its request and its trace."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "ledger_core.middleware.RequestIdFilter"},
            **({"trace_id": {"()": "ledger_project.tracing.TraceIdFilter"}} if tracing else {}),
        },
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.msgspec.MsgspecFormatter",
                "fmt": ["asctime", "levelname", "name", "message", "request_id"],
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            },
            "terminal": {
                "format": "%(asctime)s %(levelname)-7s %(message)s [%(request_id)s]",
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
            # Each request has its line already. What django.request adds is the traceback of a failure (ERROR).
            "django.request": {"level": "ERROR"},
            # Anyone can send any Host; the request has its line.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Django's own handlers would write the same a second time.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
