"""Traces of requests and their SQL statements, sent over OTLP if OTEL_EXPORTER_OTLP_ENDPOINT is set.

Data that can contain an owner or a key is not sent: the path and query of a request, the parameters of a statement, the
texts of errors. OpenTelemetry's own instrumentation of Django sends the path and query, so it is not used.
"""

import logging
import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from ledger_core.observability.request_log import HEADER, METHODS

_SEND_SECONDS = 2  # including retries; a worker that stops waits at most this long for an unavailable collector
_FIRST_WORD = re.compile(r"^(?!--)\s*(\w+)", re.MULTILINE)  # of a statement, after its comments
_tracer = trace.get_tracer("ledger")


def trace_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that makes a span of each request, a child of the caller's span if there is a traceparent header."""
    # OTEL_SERVICE_NAME replaces this name.
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "shared-ledger"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=_SEND_SECONDS)))
    trace.set_tracer_provider(provider)

    def middleware(request: HttpRequest) -> HttpResponse:
        method = request.method if request.method in METHODS else "other"
        with (
            _tracer.start_as_current_span(
                method, propagate.extract(request.headers), SpanKind.SERVER, record_exception=False
            ) as span,
            connection.execute_wrapper(_trace_statement),
        ):
            response = get_response(request)
            route = request.resolver_match.route if request.resolver_match else "unmatched"
            span.update_name(f"{method} {route}")
            span.set_attributes(
                {
                    "http.request.method": method,
                    "http.route": route,
                    "http.response.status_code": response.status_code,
                    "ledger.request_id": response[HEADER],
                }
            )
            if response.status_code >= 500:
                span.set_status(Status(StatusCode.ERROR))
        return response

    return middleware


def _trace_statement(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    text = str(sql)
    word = _FIRST_WORD.search(text)
    with _tracer.start_as_current_span(
        word[1] if word else "statement",
        kind=SpanKind.CLIENT,
        attributes={"db.system.name": "postgresql", "db.query.text": text},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            raise


class TraceIdFilter(logging.Filter):
    """Adds the id of the current trace to log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            record.trace_id = trace.format_trace_id(context.trace_id)
        return True
