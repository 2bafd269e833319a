"""Traces, as a collector receives them over OTLP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import Request, urlopen

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ledger_project.tests.conftest import Project, wait_for

pytestmark = pytest.mark.service

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector(ThreadingHTTPServer):
    """Keeps the spans that it is sent, and the text of all that came with them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.spans: list[Any] = []
        self.received = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Receiver(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        request = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received += str(request)
        for of_resource in request.resource_spans:
            for scope in of_resource.scope_spans:
                self.server.spans += scope.spans
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_request_and_its_statement_are_spans_under_their_caller(fresh: Project, collector: Collector) -> None:
    with fresh.serve(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100") as service:
        headers = {
            "Authorization": f"Bearer {service.key}",
            "Content-Type": "application/json",
            "X-Request-ID": "a-post",
            "traceparent": f"00-{TRACE}-{CALLER}-01",
        }
        body = json.dumps({"operation": "CREDIT_ADD", "owner_id": "alice", "nonce": "secret"}).encode()
        urlopen(Request(f"{service.url}/api/v1/content/ledger", body, headers)).close()
        assert service.status("/api/v1/content/ledger/alice?key=" + service.key) == 400
        wait_for(lambda: len({span.trace_id for span in collector.spans}) == 2)
        key = service.key

    (request,) = [span for span in collector.spans if span.parent_span_id.hex() == CALLER]
    assert (request.name, request.trace_id.hex()) == ("POST api/v1/content/ledger", TRACE)
    assert _attributes(request)["ledger.request_id"] == "a-post"
    assert _attributes(request)["http.response.status_code"] == 201
    statements = [span for span in collector.spans if span.parent_span_id == request.span_id]
    assert "FROM ledger_post(" in _attributes(statements[-1])["db.query.text"]
    other = "GET api/v1/content/ledger/<str:owner_id>"
    assert {span.name for span in collector.spans} <= {request.name, other, "SELECT", "UPDATE"}
    assert not [secret for secret in ("alice", key[16:], "secret") if secret in collector.received]
    assert "shared-ledger" in collector.received


def test_requests_go_on_without_the_collector(fresh: Project) -> None:
    with fresh.serve(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", OTEL_BSP_SCHEDULE_DELAY="10") as service:
        assert {service.status("/api/v1/content/operations") for _ in range(20)} == {200}


def _attributes(span: Any) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
