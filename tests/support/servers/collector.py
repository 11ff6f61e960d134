"""An OTLP collector on loopback that keeps, decoded, what it is sent over HTTP.

It also takes what Azure Monitor's exporters post, below its URL as the ingestion endpoint.

`python -m tests.support.servers.collector` is one in a process of its own: it prints its URL, and
ends when its standard input does.
"""

from __future__ import annotations

import gzip
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_KINDS: Final[dict[str, type[Message]]] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


@dataclass
class Collector:
    """What came, in order. `hold` makes it accept and never answer until it is closed."""

    url: str = ""
    requests: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    """What came for Application Insights."""
    status: int = 200
    hold: bool = False
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for request in self._of(ExportTraceServiceRequest)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def metrics(self) -> list[Metric]:
        return [
            metric
            for request in self._of(ExportMetricsServiceRequest)
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]

    @property
    def logs(self) -> list[LogRecord]:
        return [
            record
            for request in self._of(ExportLogsServiceRequest)
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    @property
    def resources(self) -> list[dict[str, str]]:
        """The attributes of every resource, of whatever signal."""
        lists = ("resource_spans", "resource_metrics", "resource_logs")
        return [
            {pair.key: pair.value.string_value for pair in each.resource.attributes}
            for request in self.requests
            for name in lists
            for each in getattr(request, name, ())
        ]

    def take(self, path: str, headers: dict[str, str], body: bytes) -> bytes:
        """Keep one request; the body of the answer."""
        if self.hold:
            self.closing.wait(60)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.headers.append(headers)
        if path in _KINDS:
            self.requests.append(_KINDS[path].FromString(body))
            return b""
        items = json.loads(body)
        self.items += items
        answer = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
        return json.dumps(answer).encode()

    def _of(self, kind: type[Message]) -> list[Any]:
        return [request for request in self.requests if isinstance(request, kind)]


@contextmanager
def run_collector() -> Iterator[Collector]:
    """On a free port, until the block ends."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = collector.take(self.path, headers, body)
            self.send_response(collector.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Not on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield collector
        collector.closing.set()
        server.shutdown()
        thread.join()


if __name__ == "__main__":
    with run_collector() as running:
        sys.stdout.write(f"{running.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
