"""How records look. No database."""

import json
import logging
from typing import Any

from opentelemetry.trace import NonRecordingSpan, SpanContext, use_span
from pythonjsonlogger.json import JsonFormatter

from ledger_core.middleware import RequestIdFilter
from ledger_project.logs import logging_config
from ledger_project.tracing import TraceIdFilter


def line_of(**fields: Any) -> dict[str, Any]:
    """Return what production logs of a record with these."""
    config = logging_config(json=True, tracing=True)["formatters"]["json"]
    formatter = JsonFormatter(config["fmt"], datefmt=config["datefmt"], rename_fields=config["rename_fields"])
    record = logging.makeLogRecord(fields)
    RequestIdFilter().filter(record)
    TraceIdFilter().filter(record)
    line = formatter.format(record)
    assert "\n" not in line
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def test_production_logs_json() -> None:
    fields = line_of(name="ledger.request", msg="GET\n", levelname="INFO", status=200)
    assert fields.pop("time")
    assert fields == {"level": "INFO", "logger": "ledger.request", "message": "GET\n", "request_id": "-", "status": 200}


def test_a_record_has_the_id_of_its_trace() -> None:
    with use_span(NonRecordingSpan(SpanContext(trace_id=10, span_id=1, is_remote=False))):
        assert line_of()["trace_id"] == "0" * 31 + "a"
    assert "trace_id" not in line_of()
