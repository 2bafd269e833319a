"""How records look. No database."""

import json
import logging
import logging.config
from typing import Any

import pytest
from django.test import RequestFactory
from opentelemetry.trace import NonRecordingSpan, SpanContext, use_span

from ledger_core.observability.request_log import RequestIdFilter
from ledger_project.logs import logging_config
from ledger_project.tracing import TraceIdFilter

KEY = "ledger_00000000_" + "5ec2e7" * 10 + "5ec2"


def written(*, json: bool, **fields: Any) -> str:
    """Return what is written of a record with these."""
    config = logging_config(json=json, tracing=True)
    configurator: Any = logging.config.DictConfigurator(config)
    formatter = configurator.configure_formatter(config["formatters"]["json" if json else "terminal"])
    record = logging.makeLogRecord(fields)
    RequestIdFilter().filter(record)
    TraceIdFilter().filter(record)
    return str(formatter.format(record))


def line_of(**fields: Any) -> dict[str, Any]:
    """Return what production logs of a record with these."""
    line = written(json=True, **fields)
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


def failure(text: str) -> Any:
    try:
        raise ValueError(text)
    except ValueError as error:
        return (ValueError, error, error.__traceback__)


@pytest.mark.parametrize("in_json", [True, False])
def test_no_key_and_no_query_is_written_whatever_is_logged(in_json: bool) -> None:
    lines = [
        written(json=in_json, msg="Gone: %s", args=(f"/x/{KEY}",)),
        written(json=in_json, msg="Cut off: %s", args=(KEY[:40],)),
        written(json=in_json, msg="Failed", exc_info=failure(f"no address {KEY}")),
        written(json=in_json, msg="Failed", stack_info=KEY),
        written(json=in_json, msg="With more", path=KEY, of={"many": [KEY]}),
        written(json=in_json, msg="As Django does", request=RequestFactory().get(f"/x/{KEY}?query=asked")),
    ]
    text = "\n".join(lines)
    assert "ledger_00000000_…" in text
    assert "5ec2e7" not in text
    assert "asked" not in text
