"""`setup_telemetry` with real exporters: what a collector gets, and what is refused."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from time import monotonic

import pytest
from opentelemetry import trace
from prometheus_client import generate_latest

from ingenious_ops.extras import install_line
from ingenious_ops.telemetry import Telemetry, setup_telemetry
from ingenious_storage import MemoryManager, telemetry
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, TelemetrySettings
from ingenious_storage.errors import ConfigurationError, CorruptObjectError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.layers.instrument import InstrumentLayer
from tests.support.servers.collector import Collector, run_collector

KEY = "conversations/c/memory.json"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with run_collector() as collector:
        yield collector


def section(collector: Collector, **more: object) -> TelemetrySettings:
    values = {"exporter": "otlp", "endpoint": collector.url, "sampling_ratio": 1.0, **more}
    return TelemetrySettings.model_validate(values)


def set_up(settings: Settings | TelemetrySettings, *, prometheus: bool | None = None) -> Telemetry:
    return setup_telemetry(settings, set_global=False, prometheus=prometheus)


def memory() -> MemoryManager:
    return MemoryManager(FileStorage(InstrumentLayer(InMemoryBackend(), container="data")))


def test_a_collector_gets_traces_metrics_and_logs(collector: Collector) -> None:
    backend = InMemoryBackend()
    with set_up(section(collector)):
        memory().save_memory("c", 1)
        backend.put(KEY, b'{"cut')
        with pytest.raises(CorruptObjectError):
            MemoryManager(FileStorage(backend)).load_memory("c")
    spans = {span.name: span for span in collector.spans}
    save, load = (spans[f"ingenious.storage.document.{name}"] for name in ("save", "load"))
    assert spans["ingenious.storage.put"].parent_span_id == save.span_id
    assert [event.name for event in load.events] == ["corrupt_object_met"]
    sums = {metric.name: metric for metric in collector.metrics}
    assert sums["ingenious.storage.revisions"].sum.data_points[0].as_int == 1
    assert sums["ingenious.storage.operation.duration"].histogram.data_points[0].count == 1
    (record,) = collector.logs
    assert (record.trace_id, record.span_id) == (load.trace_id, load.span_id)
    assert (record.severity_text, record.severity_number) == ("ERROR", 17)
    assert "corrupt" in record.body.string_value


def test_the_records_of_an_application_have_the_ids_of_its_trace(collector: Collector) -> None:
    chat = logging.getLogger("tests.chat")
    with setup_telemetry(section(collector), set_global=False, loggers=["tests.chat"]) as exported:
        with telemetry.tracer.start_as_current_span("answer") as span:
            try:
                raise ValueError("secret-id")
            except ValueError:
                chat.exception("went wrong with %s", "this")
        assert exported.flush()
        (record,) = collector.logs
    context = span.get_span_context()
    assert int.from_bytes(record.trace_id, "big") == context.trace_id
    assert int.from_bytes(record.span_id, "big") == context.span_id
    assert record.body.string_value == "went wrong with this"
    attributes = {pair.key: pair.value for pair in record.attributes}
    assert attributes["exception.type"].string_value == "ValueError"
    assert b"secret-id" not in record.SerializeToString()
    chat.error("after the end")
    assert len(collector.logs) == 1


def test_who_it_is(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=agents")
    ours = Settings(telemetry=section(collector), profile="prod")
    named = section(collector, service_name="chat")
    for settings, version in ((ours, None), (named, None), (named, "2.0")):
        with setup_telemetry(settings, set_global=False, version=version):
            memory().save_memory("c", 1)
    said = [dict(pairs) for pairs in {tuple(r.items()): None for r in collector.resources}]
    assert len({pairs.pop("service.instance.id") for pairs in said}) == 3
    assert {pairs["team"] for pairs in said} == {"agents"}
    assert said[0]["deployment.environment.name"] == "prod"
    assert said[0]["service.version"]
    assert [pairs["service.name"] for pairs in said] == ["ingenious-storage", "chat", "chat"]
    assert [pairs.get("service.version") for pairs in said[1:]] == [None, "2.0"]


def test_the_headers_and_standard_variables(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "by-variable")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    values = {"exporter": "otlp", "headers": "Authorization=Bearer%20abc, x-team=a"}
    with set_up(TelemetrySettings.model_validate(values)):
        memory().save_memory("c", 1)
    assert len(collector.spans) == 3
    assert {headers["authorization"] for headers in collector.headers} == {"Bearer abc"}
    assert {headers["x-team"] for headers in collector.headers} == {"a"}
    assert {resource["service.name"] for resource in collector.resources} == {"by-variable"}


def test_the_share_of_traces_that_is_kept(collector: Collector) -> None:
    store = memory()
    with setup_telemetry(
        section(collector, sampling_ratio=None), set_global=False, sampling_ratio=0.25
    ):
        for number in range(400):
            store.save_memory("c", number)
    kept = {span.trace_id for span in collector.spans}
    assert 50 < len(kept) < 150  # 100, and six deviations of 8.7
    saved = next(m for m in collector.metrics if m.name == "ingenious.storage.revisions")
    assert saved.sum.data_points[0].as_int == 400


@pytest.mark.parametrize("kept", [True, False])
def test_what_a_caller_has_decided_counts(collector: Collector, *, kept: bool) -> None:
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if kept else trace.TraceFlags.DEFAULT)
    caller = trace.SpanContext(0x1234, 0x56, is_remote=True, trace_flags=flags)
    with (
        set_up(section(collector, sampling_ratio=float(not kept))),
        trace.use_span(trace.NonRecordingSpan(caller)),
    ):
        memory().save_memory("c", 1)
    assert {int.from_bytes(s.trace_id, "big") for s in collector.spans} == (
        {0x1234} if kept else set()
    )
    assert len(collector.spans) == (3 if kept else 0)


def test_prometheus_and_a_collector_at_once(collector: Collector) -> None:
    with set_up(section(collector, exporter=["otlp", "prometheus"])) as exported:
        memory().save_memory("c", 1)
        assert exported.prometheus is not None
        text = generate_latest(exported.prometheus).decode()
    assert 'ingenious_storage_revisions_total{ingenious_storage_container="data"} 1.0' in text
    assert collector.spans
    assert collector.metrics


def test_prometheus_is_added_or_left_out_as_the_caller_says() -> None:
    nothing = TelemetrySettings()
    assert set_up(nothing).prometheus is None
    with set_up(nothing, prometheus=True) as exported:
        assert exported.prometheus is not None
    only = TelemetrySettings(exporter=("prometheus",))
    assert set_up(only, prometheus=False).prometheus is None


def test_the_console_is_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    settings = TelemetrySettings(exporter=("console",), sampling_ratio=1.0)
    with set_up(settings):
        memory().save_memory("c", 1)
    out, err = capfd.readouterr()
    assert out == ""
    assert '"ingenious.storage.document.save"' in err
    assert '"ingenious.storage.revisions"' in err


def test_azure_monitor(collector: Collector) -> None:
    """In a process of its own: its exporters leave threads behind."""
    secret = "InstrumentationKey=8d9eb1c2-6f0d-4d5b-9c5e-6f3f6a1e2b11"
    program = f"""
        from ingenious_ops.telemetry import setup_telemetry
        from ingenious_storage import MemoryManager
        from ingenious_storage.backends.inmemory import InMemoryBackend
        from ingenious_storage.config import TelemetrySettings
        from ingenious_storage.file_storage import FileStorage
        settings = TelemetrySettings(
            exporter="azure_monitor",
            connection_string="{secret};IngestionEndpoint={collector.url}/",
            sampling_ratio=1,
        )
        backend = InMemoryBackend()
        with setup_telemetry(settings):
            memory = MemoryManager(FileStorage(backend))
            memory.save_memory("c", 1)
            backend.put({KEY!r}, b"cut")
            try:
                memory.load_memory("c")
            except Exception as error:
                print(error.code)
    """
    assert run(program) == "corrupt_object\n"
    found = {item["data"]["baseType"]: item["data"]["baseData"] for item in collector.items}
    assert found.keys() == {"RemoteDependencyData", "MetricData", "MessageData"}
    assert "corrupt" in found["MessageData"]["message"]
    names = {item["data"]["baseData"].get("name") for item in collector.items}
    assert "ingenious.storage.document.save" in names


def test_what_was_set_up_is_undone(collector: Collector) -> None:
    before = (telemetry.tracer, telemetry.emit)
    with set_up(section(collector)) as exported:
        assert (telemetry.tracer, telemetry.emit) != before
    assert (telemetry.tracer, telemetry.emit) == before
    assert exported.shutdown()  # again
    assert exported.flush()
    memory().save_memory("c", 1)
    assert collector.spans == []
    assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def test_a_collector_that_never_answers_holds_nobody_up(collector: Collector) -> None:
    collector.hold = True
    exported = set_up(section(collector))
    memory().save_memory("c", 1)
    started = monotonic()
    assert not exported.shutdown(0.3)
    assert monotonic() - started < 40  # the collector keeps it for a minute


@pytest.mark.parametrize("status", [400, 403, 500])
def test_what_was_not_delivered_is_told(collector: Collector, status: int) -> None:
    """The SDK's own `force_flush` is True all the same."""
    exported = set_up(section(collector))
    memory().save_memory("c", 1)
    assert exported.flush()
    collector.status = status
    memory().save_memory("c", 2)
    assert not exported.flush()
    collector.status = 200
    memory().save_memory("c", 3)
    assert exported.flush()
    collector.status = status
    memory().save_memory("c", 4)
    assert not exported.shutdown()
    assert exported.shutdown()  # nothing waits any more


def test_a_collector_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    exported = set_up(TelemetrySettings(exporter=("otlp",), endpoint=url))
    memory().save_memory("c", 1)
    assert not exported.flush(1)
    assert not exported.shutdown(1)


@pytest.mark.parametrize(
    ("missing", "exporter", "extra"),
    [
        ("opentelemetry.sdk", "console", "otel"),
        ("opentelemetry.exporter.otlp", "otlp", "otel"),
        ("opentelemetry.exporter.prometheus", "prometheus", "ops"),
        ("azure.monitor", "azure_monitor", "azure-monitor"),
    ],
)
def test_an_exporter_that_is_not_installed(missing: str, exporter: str, extra: str) -> None:
    program = f"""
        import sys
        class Without:
            def find_spec(self, name, path=None, target=None):
                if name == {missing!r} or name.startswith({missing!r} + "."):
                    raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        sys.meta_path.insert(0, Without())
        from ingenious_ops.telemetry import setup_telemetry
        from ingenious_storage.config import TelemetrySettings
        from opentelemetry import trace
        secret = "InstrumentationKey=00000000-0000-0000-0000-000000000000"
        try:
            setup_telemetry(TelemetrySettings(exporter={exporter!r}, connection_string=secret))
        except Exception as error:
            print(error.code, error.hint)
        print(type(trace.get_tracer_provider()).__name__)
    """
    assert run(program).splitlines() == [
        f"extra_missing Run: {install_line(extra)}",
        "ProxyTracerProvider",
    ]


def test_it_makes_the_providers_of_the_process_once(collector: Collector) -> None:
    program = f"""
        import logging
        from opentelemetry import trace
        from ingenious_ops.telemetry import setup_telemetry
        from ingenious_storage import MemoryManager
        from ingenious_storage.backends.inmemory import InMemoryBackend
        from ingenious_storage.config import TelemetrySettings
        from ingenious_storage.file_storage import FileStorage
        memory = MemoryManager(FileStorage(InMemoryBackend()))
        memory.save_memory("c", 0)
        settings = TelemetrySettings(exporter="otlp", endpoint={collector.url!r}, sampling_ratio=1)
        with setup_telemetry(settings):
            with trace.get_tracer("application").start_as_current_span("answer"):
                memory.save_memory("c", 1)
            for again in (True, False):
                try:
                    setup_telemetry(settings)
                except Exception as error:
                    print(error.code, "Leave setup_telemetry out" in error.hint)
        try:
            setup_telemetry(settings)
        except Exception as error:
            print(error.code, error)
            print("set_global=False" in error.hint, "Leave" in error.hint)
        with setup_telemetry(settings, set_global=False) as again:
            memory.save_memory("c", 2)
            print(again.flush())
    """
    assert run(program).splitlines() == [
        *["telemetry_failed True"] * 2,
        "telemetry_failed OpenTelemetry was set up in this process before, and has been shut down",
        "True False",
        "True",
    ]
    save, answer, *_ = collector.spans
    assert (save.name, answer.name) == ("ingenious.storage.document.save", "answer")
    assert save.parent_span_id == answer.span_id
    saved = next(m for m in collector.metrics if m.name == "ingenious.storage.revisions")
    assert saved.sum.data_points[0].as_int == 1  # nobody listened to the one before


@pytest.mark.parametrize("signal", ["trace", "metrics"])
def test_an_application_may_set_up_one_signal_by_itself_and_late(signal: str) -> None:
    program = f"""
        from opentelemetry import {signal}
        from ingenious_storage import MemoryManager, telemetry
        from ingenious_storage.backends.inmemory import InMemoryBackend
        from ingenious_storage.file_storage import FileStorage
        from ingenious_storage.layers.instrument import InstrumentLayer
        memory = MemoryManager(FileStorage(InstrumentLayer(InMemoryBackend(), container="data")))
        memory.save_memory("c", 0)
        print(not telemetry.is_enabled())
        if "{signal}" == "trace":
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import SimpleSpanProcessor
            from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
            kept = InMemorySpanExporter()
            trace.set_tracer_provider(TracerProvider())
            trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(kept))
        else:
            from opentelemetry.sdk.metrics import MeterProvider
            from opentelemetry.sdk.metrics.export import InMemoryMetricReader
            reader = InMemoryMetricReader()
            metrics.set_meter_provider(MeterProvider([reader]))
        memory.save_memory("c", 1)
        if "{signal}" == "trace":
            print([span.name for span in kept.get_finished_spans()])
        else:
            found = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
            print(sorted(metric.name for metric in found))
    """
    silent, found = run(program).splitlines()
    assert silent == "True"
    expected = {
        "trace": ["put", "document.save"],
        "metrics": ["io", "operation.duration", "revisions"],
    }
    assert found == str([telemetry.SPAN_PREFIX + name for name in expected[signal]])


def test_importing_it_loads_no_sdk() -> None:
    program = """
        import sys
        import ingenious_ops.telemetry
        ingenious_ops.telemetry.setup_telemetry(
            ingenious_ops.telemetry.setup.TelemetrySettings()
        ).shutdown()
        print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "requests"))])
    """
    assert run(program) == "[]\n"


def test_settings_that_an_exporter_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "secret")
    with pytest.raises(ConfigurationError) as refused:
        set_up(TelemetrySettings(exporter=("otlp",)))
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in refused.value.hint
    assert "secret" not in str(refused.value) + refused.value.hint


def run(program: str) -> str:
    """What a process of its own prints."""
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.stderr == ""
    return done.stdout
